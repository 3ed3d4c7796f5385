import type { DataSources, NamedFile } from "#session/protocol.ts";

/** What kinds of files hold rows. */
const ROWS = /\.(jsonl|ndjson|json|csv|tsv|txt|parquet)$/i;

const PARTS = [
  ["train", /(^|[^a-z])train(ing)?([^a-z]|$)/i],
  ["dev", /(^|[^a-z])(dev|val|valid|validation|eval|held[-_ ]?out)([^a-z]|$)/i],
  ["test", /(^|[^a-z])test([^a-z]|$)/i],
] as const;

export interface FoundRowFiles {
  /** Null where no file can be told to be for training. */
  readonly sources: DataSources | null;
  /** What was made of the files, and which were passed over. */
  readonly message: string;
}

/** The parts of a data set among dropped files, by their names: `train.tsv`, `dev.tsv`, `val.jsonl`. */
export function findRowFiles(files: readonly NamedFile[]): FoundRowFiles {
  const held = files.filter(({ path }) => ROWS.test(path)).sort(byPath);
  const [only] = held;
  if (only && held.length === 1) return { sources: { train: asSource(only) }, message: "" };
  const of = new Map<string, NamedFile>();
  for (const file of held) {
    const part = PARTS.find(([, name]) => name.test(baseName(file)))?.[0];
    if (part && !of.has(part)) of.set(part, file);
  }
  const [dev, test] = [of.get("dev"), of.get("test")];
  const unnamed = held.filter((file) => !PARTS.some(([, name]) => name.test(baseName(file))));
  // Beside files that are held out, the only other one is what is trained on.
  const train = of.get("train") ?? (of.size > 0 && unnamed.length === 1 ? unnamed[0] : undefined);
  if (!train) return { sources: null, message: whyNone(held) };
  const used = [train, dev, test].filter((file) => file !== undefined);
  const rest = held.filter((file) => !used.includes(file));
  const passed = rest.length === 0 ? "" : ` Passed over: ${rest.map(baseName).join(", ")}.`;
  return {
    sources: {
      train: asSource(train),
      ...(dev && { dev: asSource(dev) }),
      ...(test && { test: asSource(test) }),
    },
    message: `Found ${used.map(baseName).join(", ")}.${passed}`,
  };
}

function whyNone(held: readonly NamedFile[]): string {
  if (held.length === 0)
    return "None of these files holds rows: JSONL, JSON, CSV, TSV or Parquet do.";
  return `Which of ${held.map(baseName).join(", ")} is to be trained on? Name it “train”, or choose it alone.`;
}

function asSource({ file }: NamedFile) {
  return { kind: "file", file } as const;
}

function baseName({ path }: NamedFile): string {
  return path.split("/").at(-1) ?? path;
}

/** The shallowest first, then by name: a data set's own files before those of its copies. */
function byPath(a: NamedFile, b: NamedFile): number {
  const depth = (file: NamedFile) => file.path.split("/").length;
  return depth(a) - depth(b) || (a.path < b.path ? -1 : 1);
}
