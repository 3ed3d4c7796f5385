import { ZerothError } from "#base/errors.ts";
import { packAll, sizeOf } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { idsBefore } from "#data/tokenizer/encodeText.ts";
import { evaluationCapacity } from "#run/memory/capacity.ts";
import { readText } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { chooseLinear } from "./kernels.ts";
import { dtypeFrom, limitsFrom, loadModel, openFolder, openNodeDevice } from "./open.ts";
import { print } from "./print.ts";

/** `score MODEL TEXTS.jsonl [--bos 2]`: prints a line per text, `{"tokens", "nll"}`. */
export async function scoreCommand(args: Arguments): Promise<void> {
  const [folder, path] = needTwo(args, "score MODEL TEXTS.jsonl");
  const opened = await openFolder(folder);
  const { tokenizer } = opened;
  const before = idsBefore(tokenizer, limitsFrom(args, opened.config));
  const longest = opened.config.maxPositionEmbeddings;
  const texts = textsOf(path, await readText(path));
  const examples = texts.map((text, row) => {
    const ids = [...before, ...tokenizer.encode(text), ...tokenizer.frame.after];
    if (ids.length - 1 > longest) {
      throw new ZerothError(
        "E-DATA-5",
        `Text ${row + 1} has ${ids.length} tokens; this model takes at most ${longest + 1}. Shorten it.`,
      );
    }
    return { row, answer: 0, options: [{ ids, optionLength: Math.max(0, ids.length - 1) }] };
  });
  const device = await openNodeDevice();
  const scored = examples.filter(({ options }) => options[0]!.optionLength > 0);
  const dtype = dtypeFrom(args);
  const linear = chooseLinear(device, dtype, args.flags["linear"]);
  // Sized as a training batch: the longest text alone would make batches of two.
  const work = { trained: scored, evaluated: scored, linear, dtype };
  const model = await loadModel(device, opened, work);
  const sums: number[] = [];
  const batches = packAll(scored, evaluationCapacity(model.capacity));
  const started = performance.now();
  for (const batch of batches) sums.push(...(await model.score(batch)));
  reportPace(scored, batches.length, performance.now() - started);
  for (const { options } of examples) {
    const tokens = options[0]!.optionLength;
    print({ tokens, nll: tokens > 0 ? -sums.shift()! : 0 });
  }
}

function reportPace(
  scored: readonly EncodedExample[],
  batches: number,
  milliseconds: number,
): void {
  if (batches === 0) return;
  const tokens = scored.reduce((sum, example) => sum + sizeOf(example).tokens, 0);
  const pace = Math.round((1000 * tokens) / milliseconds);
  const passes = batches === 1 ? "one pass" : `${batches} passes`;
  console.error(`${scored.length} texts, ${tokens} tokens in ${passes}, ${pace} tokens a second.`);
}

/** Returns the only positional argument. @throws ZerothError E-CLI-3 with the usage */
export function needOne({ positionals }: Arguments, usage: string): string {
  const [only, ...others] = positionals;
  if (only !== undefined && others.length === 0) return only;
  throw misused(usage);
}

/** Returns both positional arguments. @throws ZerothError E-CLI-3 with the usage */
export function needTwo({ positionals }: Arguments, usage: string): readonly [string, string] {
  const [first, second, ...others] = positionals;
  if (first !== undefined && second !== undefined && others.length === 0) return [first, second];
  throw misused(usage);
}

/** Returns the error that shows how a command is used. */
export function misused(usage: string): ZerothError {
  return new ZerothError("E-CLI-3", `Usage: npm run --silent zeroth -- ${usage}`);
}

function textsOf(path: string, content: string): string[] {
  return content
    .split("\n")
    .map((line, i) => ({ line: line.trim(), row: i + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, row }) => {
      try {
        const value: unknown = JSON.parse(line);
        if (typeof value === "object" && value !== null && "text" in value) {
          if (typeof value.text === "string") return value.text;
        }
      } catch {
        throw new ZerothError("E-DATA-1", `Row ${row} of "${path}" is not valid JSON.`);
      }
      throw new ZerothError("E-DATA-2", `Row ${row} of "${path}" has no text in a field "text".`);
    });
}
