import { ZerothError } from "#base/errors.ts";
import { listOf } from "#base/text.ts";
import { isJsonObject, parseJsonObject } from "#data/formats/json.ts";
import type { RepoFile } from "./repoFile.ts";

/** Reads a small file of the repository. */
export type SmallText = (file: RepoFile) => Promise<string>;

export interface NeededFiles {
  readonly files: readonly RepoFile[];
  readonly format: "safetensors" | "pytorch";
}

/** In order of preference, as `openModelFiles` looks for them. */
const WEIGHTS = [
  { format: "safetensors", single: "model.safetensors" },
  { format: "pytorch", single: "pytorch_model.bin" },
] as const;

const SMALL_FILES = [
  "config.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "generation_config.json",
];

/** Names of the shards in the index that is used; undefined if one file holds the weights. */
export async function readIndexShards(
  listed: readonly RepoFile[],
  read: SmallText,
): Promise<readonly string[] | undefined> {
  for (const { single } of WEIGHTS) {
    if (listed.some(({ path }) => path === single)) return undefined;
    const index = listed.find(({ path }) => path === `${single}.index.json`);
    if (index) return shardsOf(index.path, await read(index));
  }
  return undefined;
}

/**
 * The files of a repository that a model is opened from, small ones first.
 *
 * @param shards as `readIndexShards` returns them
 * @throws ZerothError E-FILE-1 no config or weights, -7 no tokenizer
 */
export function neededFiles(
  repo: string,
  listed: readonly RepoFile[],
  shards: readonly string[] | undefined,
): NeededFiles {
  const byPath = new Map(listed.map((file) => [file.path, file]));
  const take = (paths: readonly string[]) => paths.flatMap((path) => byPath.get(path) ?? []);
  const small = take(SMALL_FILES);
  const { format, weights } = weightsOf(repo, byPath, shards);
  if (!byPath.has("config.json")) throw unusable(repo, "no config.json", listed);
  if (!byPath.has("tokenizer.json") && !(byPath.has("vocab.json") && byPath.has("merges.txt"))) {
    throw new ZerothError(
      "E-FILE-7",
      `${repo} holds no tokenizer (vocab.json and merges.txt, or tokenizer.json). Nothing was ` +
        `downloaded; choose another model.`,
    );
  }
  return { format, files: [...small, ...take(weights)] };
}

function weightsOf(
  repo: string,
  byPath: ReadonlyMap<string, RepoFile>,
  shards: readonly string[] | undefined,
): { readonly format: NeededFiles["format"]; readonly weights: readonly string[] } {
  for (const { format, single } of WEIGHTS) {
    if (byPath.has(single)) return { format, weights: [single] };
    const index = `${single}.index.json`;
    if (!byPath.has(index) || !shards) continue;
    const missing = shards.filter((shard) => !byPath.has(shard));
    if (missing.length === 0) return { format, weights: [index, ...shards] };
    throw new ZerothError(
      "E-FILE-1",
      `${repo} lacks ${missing.length} of the ${shards.length} parts that its index names: ` +
        `${listOf(missing, 2)}. Nothing was downloaded; choose another revision.`,
    );
  }
  throw unusable(repo, "no model.safetensors and no pytorch_model.bin", [...byPath.values()]);
}

function shardsOf(path: string, text: string): readonly string[] {
  const { weight_map: weightMap } = parseJsonObject(text, path);
  const shards = isJsonObject(weightMap) ? Object.values(weightMap) : [];
  const names = shards.filter((name): name is string => typeof name === "string");
  if (names.length === 0 || names.length !== shards.length) {
    throw new ZerothError(
      "E-FILE-3",
      `${path} does not say where the tensors are. Choose another revision.`,
    );
  }
  return [...new Set(names)].sort();
}

function unusable(repo: string, lack: string, files: readonly RepoFile[]): ZerothError {
  const names = files.map(({ path }) => path);
  const found = names.length === 0 ? "nothing usable" : listOf(names, 8);
  return new ZerothError(
    "E-FILE-1",
    `${repo} has ${lack} (found: ${found}). Nothing was ` +
      `downloaded; choose a model with its weights in one of these formats.`,
  );
}
