import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/quote.ts";
import { type ByteSource, readSmallText } from "./byteSource.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "./json.ts";
import { readSafetensors } from "./safetensors.ts";
import { notA, sniff } from "./sniff.ts";
import type { TensorSource } from "./tensorSource.ts";
import { readTorchZip } from "./torchZip.ts";

/** A Hugging Face model folder, opened and checked, with nothing large read yet. */
export interface ModelFiles {
  readonly format: "safetensors" | "pytorch";
  /** Parsed config.json; what it means is the model's business. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Texts of the tokenizer's files, as they came: vocab.json, merges.txt, tokenizer_config.json, ... */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** Other small files worth handing on to an export: generation_config.json. */
  readonly otherFiles: ReadonlyMap<string, string>;
  /** The weight files read, for the record. */
  readonly weightFiles: readonly ByteSource[];
}

const MAX_CONFIG_BYTES = 10_000_000;
/** OPT's tokenizer.json has 3.6 MB, its vocab.json 0.9 MB. */
const MAX_TOKENIZER_BYTES = 32_000_000;

const TOKENIZER_FILES = [
  "vocab.json",
  "merges.txt",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
];
const OTHER_FILES = ["generation_config.json"];

/** In the order of preference; the single file wins over its index, as in transformers. */
const WEIGHT_FILES = [
  { format: "safetensors", single: "model.safetensors", read: readSafetensors },
  { format: "pytorch", single: "pytorch_model.bin", read: readTorchZip },
] as const;

/**
 * A Hugging Face model folder, opened: its config and tokenizer read, its tensors found but not read.
 *
 * @param files what a person chose; they may stand in a folder ("opt-125m/config.json"), and only
 *   files beside the topmost config.json count
 * @throws ZerothError E-FILE-1 a part is missing or not what its name says, -2 cut short, -3 broken,
 *   -4 foreign dtype, -6 dangerous pickle, -7 no tokenizer
 */
export async function openModelFiles(files: readonly ByteSource[]): Promise<ModelFiles> {
  const folder = filesBesideConfig(files);
  const configFile = folder.get("config.json");
  if (configFile === undefined) throw await withoutConfig(files);
  const config = await readJson(configFile);
  const tokenizerFiles = await readTexts(folder, TOKENIZER_FILES, MAX_TOKENIZER_BYTES);
  const weights = await readWeights(folder);
  checkHasTokenizer(tokenizerFiles);
  return {
    format: weights.format,
    config,
    tensors: weights.tensors,
    tokenizerFiles,
    otherFiles: await readTexts(folder, OTHER_FILES, MAX_CONFIG_BYTES),
    weightFiles: weights.files,
  };
}

type Folder = ReadonlyMap<string, ByteSource>;

/** The files beside the topmost config.json, by their bare names; empty if there is no config. */
function filesBesideConfig(files: readonly ByteSource[]): Folder {
  const depthOf = (path: string) => path.split("/").length;
  const configs = files.filter((file) => bareName(file.name) === "config.json");
  const depth = Math.min(...configs.map((file) => depthOf(file.name)));
  const [config, second] = configs.filter((file) => depthOf(file.name) === depth);
  if (config === undefined) return new Map();
  if (second !== undefined) {
    throw new ZerothError(
      "E-FILE-1",
      `There are several models: ${quote(config.name)} and ${quote(second.name)}. Choose one folder.`,
    );
  }
  const prefix = config.name.slice(0, -"config.json".length);
  const folder = new Map<string, ByteSource>();
  for (const file of files) {
    const name = file.name.slice(prefix.length);
    if (!file.name.startsWith(prefix) || name.includes("/")) continue;
    if (folder.has(name)) throw new ZerothError("E-FILE-1", `${quote(name)} was chosen twice.`);
    folder.set(name, file);
  }
  return folder;
}

interface Weights {
  readonly format: ModelFiles["format"];
  readonly tensors: ReadonlyMap<string, TensorSource>;
  readonly files: readonly ByteSource[];
}

async function readWeights(folder: Folder): Promise<Weights> {
  for (const { format, single, read } of WEIGHT_FILES) {
    const file = folder.get(single);
    const index = folder.get(`${single}.index.json`);
    if (file === undefined && index === undefined) continue;
    const shardOf = file === undefined && index ? await readIndex(index) : undefined;
    const files = shardOf ? shardFiles(folder, shardOf) : file ? [file] : [];
    const tensors = await collectTensors(files, read);
    if (shardOf) checkComplete(shardOf, tensors);
    return { format, tensors, files };
  }
  throw new ZerothError(
    "E-FILE-1",
    `There are no weights beside config.json, only ${listOf([...folder.keys()])}. Add ` +
      `model.safetensors or pytorch_model.bin, or all parts of one with its .index.json.`,
  );
}

/** Which shard holds which tensor. */
async function readIndex(index: ByteSource): Promise<ReadonlyMap<string, string>> {
  const { weight_map: weightMap } = await readJson(index);
  if (!isJsonObject(weightMap)) {
    throw new ZerothError(
      "E-FILE-3",
      `${quote(index.name)} has no "weight_map". Download it again.`,
    );
  }
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    // A plain name: an index must not reach outside its folder.
    if (typeof shard !== "string" || !/^[\w-][\w.-]*$/.test(shard)) {
      throw new ZerothError(
        "E-FILE-3",
        `${quote(index.name)} places ${quote(tensor)} in ${quote(String(shard))}, which is no plain ` +
          `file name. Download it again.`,
      );
    }
    shardOf.set(tensor, shard);
  }
  return shardOf;
}

function shardFiles(folder: Folder, shardOf: ReadonlyMap<string, string>): ByteSource[] {
  const names = [...new Set(shardOf.values())].sort();
  const missing = names.filter((name) => !folder.has(name));
  if (missing.length > 0) {
    throw new ZerothError(
      "E-FILE-1",
      `The weights have ${names.length} parts and ${missing.length} of them are missing: ` +
        `${listOf(missing)}. Choose all parts.`,
    );
  }
  return names.flatMap((name) => folder.get(name) ?? []);
}

async function collectTensors(
  files: readonly ByteSource[],
  read: (file: ByteSource) => Promise<TensorSource[]>,
): Promise<Map<string, TensorSource>> {
  const tensors = new Map<string, TensorSource>();
  for (const file of files) {
    for (const tensor of await read(file)) {
      if (tensors.has(tensor.name)) {
        throw new ZerothError(
          "E-FILE-3",
          `Tensor ${quote(tensor.name)} is in ${quote(file.name)} and in another part too. The parts ` +
            `do not belong together; download them again.`,
        );
      }
      tensors.set(tensor.name, tensor);
    }
  }
  return tensors;
}

/** Every tensor the index promises was found, and the parts are those of this index. */
function checkComplete(
  shardOf: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, TensorSource>,
): void {
  const missing = [...shardOf.keys()].filter((name) => !tensors.has(name));
  if (missing.length === 0) return;
  throw new ZerothError(
    "E-FILE-3",
    `The parts lack ${missing.length} of ${shardOf.size} tensors of their index: ${listOf(missing)}. ` +
      `They do not belong together; download them again.`,
  );
}

async function readJson(file: ByteSource): Promise<JsonObject> {
  const kind = await sniff(file);
  if (kind !== "json" && kind !== "unknown") throw notA("a JSON text", file, kind);
  return parseJsonObject(await readSmallText(file, MAX_CONFIG_BYTES), file.name);
}

async function readTexts(
  folder: Folder,
  names: readonly string[],
  limitBytes: number,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of names) {
    const file = folder.get(name);
    if (file !== undefined) texts.set(name, await readSmallText(file, limitBytes));
  }
  return texts;
}

function checkHasTokenizer(texts: ReadonlyMap<string, string>): void {
  if (texts.has("tokenizer.json") || (texts.has("vocab.json") && texts.has("merges.txt"))) return;
  throw new ZerothError(
    "E-FILE-7",
    "There is no tokenizer beside the weights. Add vocab.json and merges.txt (or tokenizer.json) " +
      "from the model's page; OPT models share one.",
  );
}

/** Why there is no config: often the one file chosen is not what it seems, which says more. */
async function withoutConfig(files: readonly ByteSource[]): Promise<ZerothError> {
  const [first, second] = files;
  if (first !== undefined && second === undefined) {
    const kind = await sniff(first);
    if (kind !== "safetensors" && kind !== "zip") return notA("a model folder", first, kind);
  }
  const found = files.length === 0 ? "nothing" : listOf(files.map((file) => file.name));
  return new ZerothError(
    "E-FILE-1",
    `There is no config.json (chosen: ${found}). Choose the whole model folder, or its ` +
      `config.json, weights and tokenizer files together.`,
  );
}

function bareName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The first few names, and how many more there are. */
function listOf(names: readonly string[]): string {
  const SHOWN = 5;
  const rest = names.length - SHOWN;
  const shown = names.slice(0, SHOWN).map(quote).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
