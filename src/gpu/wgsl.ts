/** Text of every shader, by path below `shaders/`. The page bundles them, Node reads them. */
export type ShaderSources = ReadonlyMap<string, string>;

export interface LinkedShader {
  readonly code: string;
  /** The file itself and everything it includes. */
  readonly files: ReadonlySet<string>;
}

/**
 * Links a shader with everything it includes. WGSL itself has no means for either of these:
 *
 * - A line `#include "lib/philox.wgsl"` stands for that file, the first time it is included.
 * - The lines between `#repeat m ROWS` and `#end` are written once for each m from 0 to ROWS - 1, with
 *   `$m` replaced. ROWS is a number or a `const` declared above: `const ROWS = 8u;`.
 *
 * `enable` directives move to the top, where WGSL wants them.
 *
 * @throws Error naming the file that is missing, or the repetition whose count is unknown
 */
export function linkShader(sources: ShaderSources, file: string): LinkedShader {
  const enables = new Set<string>();
  const files = new Set<string>();
  const lines = withRepetitions(expand(sources, file, files, enables));
  return { code: [...enables, ...lines].join("\n"), files };
}

function expand(
  sources: ShaderSources,
  file: string,
  files: Set<string>,
  enables: Set<string>,
): string[] {
  if (files.has(file)) return [""];
  files.add(file);
  const text = sources.get(file);
  if (text === undefined) throw new Error(`There is no shader "${file}".`);
  return text.split("\n").flatMap((line) => {
    const include = /^#include "(.+)"$/.exec(line);
    if (include) return expand(sources, include[1]!, files, enables);
    if (!line.startsWith("enable ")) return [line];
    enables.add(line);
    return [""];
  });
}

function withRepetitions(lines: readonly string[]): string[] {
  const written: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const repeat = /^ *#repeat (\w+) (\w+)$/.exec(lines[at]!);
    if (!repeat) {
      written.push(lines[at]!);
      continue;
    }
    const [, name, count] = repeat;
    const end = lines.findIndex((line, i) => i > at && line.trim() === "#end");
    const times = countOf(count!, written);
    if (end < 0) throw new Error(`"${lines[at]!.trim()}" has no #end.`);
    for (let i = 0; i < times; i++) {
      for (const line of lines.slice(at + 1, end)) {
        written.push(line.replaceAll(`$${name}`, String(i)));
      }
    }
    at = end;
  }
  return written;
}

function countOf(count: string, above: readonly string[]): number {
  if (/^\d+$/.test(count)) return Number(count);
  const declaration = new RegExp(`^const ${count} = (\\d+)u;`);
  const declared = above.map((line) => declaration.exec(line)).find((match) => match !== null);
  if (!declared) throw new Error(`"#repeat" needs a line "const ${count} = 8u;" above it.`);
  return Number(declared[1]);
}
