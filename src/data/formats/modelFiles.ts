import { ZerothError } from "#base/errors.ts";
import { readAs, z } from "#base/schema.ts";
import { count, listOf, quote } from "#base/text.ts";
import { type ByteSource, readSmallText } from "./byteSource.ts";
import { type JsonObject, parseJsonObject } from "./json.ts";
import { readSafetensors } from "./safetensors.ts";
import { notA, sniff } from "./sniff.ts";
import { type TensorPlace, type TensorSource, tensorAt } from "./tensorSource.ts";
import { readTorchZip } from "./torchZip.ts";

/** A Hugging Face model folder, opened and checked, with nothing large read yet. */
export interface ModelFiles {
  readonly format: "safetensors" | "pytorch";
  /** Parsed config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Texts of the tokenizer's files, as they came: vocab.json, merges.txt, tokenizer_config.json, ... */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** Other small files that an export passes on: generation_config.json. */
  readonly otherFiles: ReadonlyMap<string, string>;
  /** What was done to the weights so that they can be used, in sentences to show. */
  readonly notes: readonly string[];
}

/** The same with each tensor's place instead of a way to read it: plain data that can be sent to another thread. */
export interface ModelLayout extends Omit<ModelFiles, "tensors"> {
  readonly tensors: readonly PlacedTensor[];
}

interface PlacedTensor extends TensorPlace {
  /** The file's name as the source has it. */
  readonly file: string;
}

const MAX_CONFIG_BYTES = 10_000_000;
/** Gemma 3 has the largest tokenizer.json, of 33 MB. */
const MAX_TOKENIZER_BYTES = 64_000_000;

const TOKENIZER_FILES = [
  "vocab.json",
  "vocab.txt",
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
 * @param files the chosen files; they may be in a folder ("opt-125m/config.json"), and only
 *   files beside the topmost config.json count
 * @throws ZerothError E-FILE-1 a part is missing or not what its name says, -2 cut short, -3 broken,
 *   -4 foreign dtype, -6 dangerous pickle, -7 no tokenizer
 */
export async function openModelFiles(files: readonly ByteSource[]): Promise<ModelFiles> {
  return withTensors(await readModelLayout(files), files);
}

/** The model files of a layout that was read from these same files. */
export function withTensors(layout: ModelLayout, files: readonly ByteSource[]): ModelFiles {
  const byName = new Map(files.map((file) => [file.name, file]));
  const tensors = layout.tensors.flatMap(({ file: name, ...place }) => {
    const file = byName.get(name);
    return file ? [[place.name, tensorAt(file, place)] as const] : [];
  });
  return { ...layout, tensors: new Map(tensors) };
}

/** @throws as `openModelFiles` */
export async function readModelLayout(files: readonly ByteSource[]): Promise<ModelLayout> {
  const folder = filesBesideConfig(files);
  const configFile = folder.get("config.json");
  if (configFile === undefined) throw await withoutConfig(files);
  const config = await readJson(configFile);
  const tokenizerFiles = await readTexts(folder, TOKENIZER_FILES, MAX_TOKENIZER_BYTES);
  const { format, tensors } = await readWeights(folder);
  checkHasTokenizer(tokenizerFiles);
  const otherFiles = await readTexts(folder, OTHER_FILES, MAX_CONFIG_BYTES);
  const { prefix, renamed } = withoutWrappers(tensors);
  const notes = [
    ...(prefix === ""
      ? []
      : [`The prefix ${quote(prefix)} was taken off the names of all tensors.`]),
    ...(renamed.some(({ dtype }) => dtype === "F64")
      ? ["Weights stored as float64 are converted to float32."]
      : []),
  ];
  return { format, config, tensors: renamed, tokenizerFiles, otherFiles, notes };
}

type Folder = ReadonlyMap<string, ByteSource>;

/** The files beside the topmost config.json, by their bare names; empty if there is no config. */
function filesBesideConfig(files: readonly ByteSource[]): Folder {
  const depthOf = (path: string) => path.split("/").length;
  const configs = files.filter((file) => bareName(file.name) === "config.json");
  const depth = configs.reduce((least, { name }) => Math.min(least, depthOf(name)), Infinity);
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

/** What torch.compile and data-parallel training put in front of every name. */
const WRAPPERS = ["_orig_mod.", "module."];

/** The tensors without the prefixes of wrappers that all of them have. */
function withoutWrappers(tensors: readonly PlacedTensor[]): {
  readonly prefix: string;
  readonly renamed: readonly PlacedTensor[];
} {
  const next = (prefix: string): string => {
    const found = WRAPPERS.find((wrapper) =>
      tensors.every(({ name }) => name.startsWith(prefix + wrapper)),
    );
    return found === undefined ? prefix : next(prefix + found);
  };
  const prefix = tensors.length === 0 ? "" : next("");
  const renamed = tensors.map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
  return { prefix, renamed };
}

async function readWeights(folder: Folder): Promise<Pick<ModelLayout, "format" | "tensors">> {
  for (const { format, single, read } of WEIGHT_FILES) {
    const file = folder.get(single);
    const index = folder.get(`${single}.index.json`);
    if (file === undefined && index === undefined) continue;
    const shardOf = file === undefined && index ? await readIndex(index) : undefined;
    const files = shardOf ? shardFiles(folder, shardOf) : file ? [file] : [];
    const tensors = await collectTensors(files, read);
    if (shardOf) checkComplete(shardOf, tensors);
    return { format, tensors: [...tensors.values()] };
  }
  throw new ZerothError(
    "E-FILE-1",
    `There are no weights beside config.json, only ${listOf([...folder.keys()])}. Add ` +
      `model.safetensors or pytorch_model.bin, or all parts of one with its .index.json.`,
  );
}

/** Which shard holds which tensor. */
async function readIndex(index: ByteSource): Promise<ReadonlyMap<string, string>> {
  const { weight_map: shardOf } = readAs(
    indexSchema,
    await readJson(index),
    (flaw) =>
      new ZerothError(
        "E-FILE-3",
        `${quote(index.name)} does not say where the tensors are: ${flaw}. Download it again.`,
      ),
  );
  return new Map(Object.entries(shardOf));
}

/** A plain name: an index must not reach outside its folder. */
const shardName = z
  .string({ error: "a file name" })
  .regex(/^[\w-][\w.-]*$/, { error: "a plain file name" });
const indexSchema = z.object({ weight_map: z.record(z.string(), shardName) });

function shardFiles(folder: Folder, shardOf: ReadonlyMap<string, string>): ByteSource[] {
  const names = [...new Set(shardOf.values())].sort();
  const missing = names.filter((name) => !folder.has(name));
  if (missing.length > 0) {
    throw new ZerothError(
      "E-FILE-1",
      `The weights have ${count(names.length)} parts and ${count(missing.length)} of them are missing: ` +
        `${listOf(missing)}. Choose all parts.`,
    );
  }
  return names.flatMap((name) => folder.get(name) ?? []);
}

async function collectTensors(
  files: readonly ByteSource[],
  read: (file: ByteSource) => Promise<TensorPlace[]>,
): Promise<Map<string, PlacedTensor>> {
  const tensors = new Map<string, PlacedTensor>();
  for (const file of files) {
    for (const tensor of await read(file)) {
      if (tensors.has(tensor.name)) {
        throw new ZerothError(
          "E-FILE-3",
          `Tensor ${quote(tensor.name)} is in ${quote(file.name)} and in another part too. The parts ` +
            `do not belong together; download them again.`,
        );
      }
      tensors.set(tensor.name, { ...tensor, file: file.name });
    }
  }
  return tensors;
}

/** Every tensor the index promises was found, and the parts are those of this index. */
function checkComplete(
  shardOf: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, PlacedTensor>,
): void {
  const missing = [...shardOf.keys()].filter((name) => !tensors.has(name));
  if (missing.length === 0) return;
  throw new ZerothError(
    "E-FILE-3",
    `The parts lack ${count(missing.length)} of ${count(shardOf.size)} tensors of their index: ${listOf(missing)}. ` +
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
  if (texts.has("tokenizer.json") || texts.has("vocab.txt")) return;
  if (texts.has("vocab.json") && texts.has("merges.txt")) return;
  throw new ZerothError(
    "E-FILE-7",
    "There is no tokenizer beside the weights. Add tokenizer.json, or vocab.json and merges.txt, " +
      "from the model's page.",
  );
}

/** The error for a missing config. A single file that is not what it seems gets a more precise one. */
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
