import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { unzipSync, zipSync } from "fflate";
import { ZerothError } from "#base/errors.ts";
import { type ByteSource, decodeUtf8, memorySource } from "#data/formats/byteSource.ts";
import { parseJsonObject } from "#data/formats/json.ts";
import { readModelLayout, withTensors } from "#data/formats/modelFiles.ts";
import { parseTableFile } from "#data/formats/tableFile.ts";
import { guessTask } from "#data/tasks/guess.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { describeDataset } from "#hub/dataset.ts";
import { describeRepo } from "#hub/describeRepo.ts";
import { parseRepo } from "#hub/repoName.ts";
import type { Hub } from "#hub/request.ts";
import { parseConfig } from "#model/config.ts";
import { readBundle, writeBundle } from "#run/exchange/bundle.ts";
import { importSettings } from "#run/exchange/importSettings.ts";
import { decodeShareLink, encodeShareLink } from "#run/exchange/shareLink.ts";
import { anEvaluation, aRun, progressAfter, steps } from "#run/testing/runs.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A reader of bytes that come from outside, and valid inputs to change. */
export interface MutationTarget {
  readonly seeds: readonly Bytes[];
  /** @throws ZerothError, and nothing else, whatever the bytes are */
  read(bytes: Bytes): unknown;
}

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
const fixture = (path: string): Bytes => new Uint8Array(readFileSync(new URL(path, fixtures)));
const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const json = (value: unknown): Bytes => utf8(JSON.stringify(value));

/** Readers of every format, by name. Seeds are made on first use. */
export const mutationTargets: Readonly<Record<string, () => MutationTarget>> = {
  safetensors: () => ({
    seeds: [
      smallSafetensors(),
      fixture("opt-tiny-classifier/score.safetensors"),
      fixture("families/llama-scaled/model-00005-of-00005.safetensors"),
    ],
    read: (bytes) => readModel({ "model.safetensors": bytes }),
  }),
  pytorch: () => ({
    seeds: [
      fixture("families/roberta-bin/pytorch_model.bin"),
      fixture("families/mistral-bin/pytorch_model.bin"),
    ],
    read: (bytes) => readModel({ "pytorch_model.bin": bytes }),
  }),
  index: () => ({
    seeds: [fixture("families/qwen2-untied/model.safetensors.index.json")],
    read: (bytes) => readModel({ "model.safetensors.index.json": bytes, ...shards() }),
  }),
  gguf: () => ({
    seeds: [utf8("GGUF\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00")],
    read: (bytes) => readModel({ "model.safetensors": bytes }),
  }),
  parquet: () => ({
    seeds: [
      ...["brotli", "gzip", "none", "snappy", "zstd"].map((codec) =>
        fixture(`parquet/rows.${codec}.parquet`),
      ),
      fixture("reviews.train.parquet"),
      ...["bitpack_w0", "def_rle_2e27", "delta_prefix", "proto_col", "thrift_lists"].map((defect) =>
        fixture(`hostile/pq_${defect}.parquet`),
      ),
    ],
    read: (bytes) => readRows("a.parquet", bytes),
  }),
  csv: () => table("a.csv", ['text,label\n"a, ""fine"" film",1\n"two\nlines",0\nbad,0\n']),
  tsv: () => table("a.tsv", ["sentence\tlabel\na fine film\t1\ndull\t0\n"]),
  json: () =>
    table("a.json", [
      JSON.stringify([
        { text: "a fine film", label: 1.5, more: [null, true] },
        { text: "dull", label: "0", more: {} },
      ]),
      JSON.stringify({ data: [{ text: "a" }, { text: "b\u00e4\n" }] }),
      JSON.stringify({ text: { 0: "a", 1: "b" }, label: { 0: 1, 1: 0 } }),
    ]),
  jsonl: () =>
    table("a.jsonl", [
      '{"text": "a fine film", "label": 1}\n{"text": "dull", "label": 0}\n',
      '{"messages":[{"role":"user","content":"2+2?"},{"role":"assistant","content":"4"}]}\n',
      '{"conversations":[{"from":"human","value":"2+2?"},{"from":"gpt","value":"4"}]}\n',
      '{"instruction": "Add.", "input": "1 and 2", "output": "3"}\n',
      '{\n  "prompt": "a",\n  "completion": "b"\n}\n{\n  "prompt": "c",\n  "completion": "d"\n}\n',
    ]),
  config: () => ({
    seeds: ["opt-tiny-pre-ln", "opt-tiny-post-ln"].map((name) => fixture(`${name}/config.json`)),
    read: (bytes) => parseConfig(parseJsonObject(textOf(bytes), "config.json")),
  }),
  tokenizer: () => ({
    seeds: ["distilbert-uncased", "gpt2-narrow", "llama-grouped", "qwen2-grouped"].map((name) =>
      fixture(`families/${name}/tokenizer.json`),
    ),
    read: (bytes) => readTokenizer({ "tokenizer.json": textOf(bytes) }),
  }),
  vocab: () => ({
    seeds: [fixture("opt-tiny-pre-ln/vocab.json")],
    read: (bytes) => readTokenizer({ "vocab.json": textOf(bytes), "merges.txt": merges() }),
  }),
  merges: () => ({
    seeds: [fixture("opt-tiny-pre-ln/merges.txt")],
    read: (bytes) => {
      const vocab = textOf(fixture("opt-tiny-pre-ln/vocab.json"));
      return readTokenizer({ "vocab.json": vocab, "merges.txt": textOf(bytes) });
    },
  }),
  bundle: () => ({ seeds: [bundle()], read: readBundle }),
  bundleRun: () => bundleEntry("run.json"),
  bundleEvaluations: () => bundleEntry("evaluations.json"),
  bundleJournal: () => bundleEntry("journal.bin"),
  settings: () => ({
    seeds: [
      json({ settings: resolveSettings({}), task: aRun("r").task }),
      utf8("python run.py --trainer zo --max_steps 5 --learning_rate 1e-6 --task_name SST2"),
    ],
    read: (bytes) => importSettings(textOf(bytes)),
  }),
  shareLink: () => ({
    seeds: [
      utf8(encodeShareLink({ settings: resolveSettings({ steps: 7 }), task: aRun("r").task })),
    ],
    read: (bytes) => decodeShareLink(textOf(bytes)),
  }),
  hubNames: () => ({
    seeds: [
      utf8("facebook/opt-125m@refs/pr/35"),
      utf8("https://huggingface.co/datasets/nyu-mll/glue/tree/refs%2Fconvert/sst2?a#b"),
      utf8("hf.co/facebook/opt-125m/blob/main/config.json"),
    ],
    read: (bytes) => [parseRepo(textOf(bytes)), parseRepo(textOf(bytes), "dataset")],
  }),
  hubModel: () => ({
    seeds: [json(modelAnswer)],
    read: (bytes) =>
      describeRepo(hubThatAnswers(bytes), { repo: "facebook/opt-125m", revision: "main" }),
  }),
  hubDataset: () => ({
    seeds: [json(datasetAnswer)],
    read: (bytes) =>
      describeDataset(hubThatAnswers(bytes), { repo: "nyu-mll/glue", revision: "main" }),
  }),
};

function table(name: string, texts: readonly string[]): MutationTarget {
  return { seeds: texts.map(utf8), read: (bytes) => readRows(name, bytes) };
}

async function readRows(name: string, bytes: Bytes): Promise<void> {
  guessTask(await parseTableFile(name, bytes));
}

async function readModel(files: Readonly<Record<string, Bytes>>): Promise<void> {
  const sources: ByteSource[] = [
    memorySource("config.json", utf8('{"model_type":"opt"}')),
    memorySource("tokenizer.json", utf8("{}")),
    ...Object.entries(files).map(([name, bytes]) => memorySource(name, bytes)),
  ];
  const { tensors } = withTensors(await readModelLayout(sources), sources);
  for (const tensor of tensors.values()) await tensor.read(0, Math.min(64, tensor.sizeBytes));
}

function readTokenizer(files: Readonly<Record<string, string>>): void {
  const tokenizer = loadTokenizer(new Map(Object.entries(files)), "opt");
  tokenizer.decode(tokenizer.encode("It was a fine, fine film in 2026.\n"));
}

/** As a file's text is read: bytes that are not UTF-8 are refused before any parser sees them. */
function textOf(bytes: Bytes): string {
  return decodeUtf8(bytes) ?? new TextDecoder("latin1").decode(bytes);
}

function shards(): Readonly<Record<string, Bytes>> {
  const names = [1, 2, 3, 4, 5].map((part) => `model-0000${part}-of-00005.safetensors`);
  return Object.fromEntries(names.map((name) => [name, fixture(`families/qwen2-untied/${name}`)]));
}

function merges(): string {
  return textOf(fixture("opt-tiny-pre-ln/merges.txt"));
}

function smallSafetensors(): Bytes {
  const header = JSON.stringify({
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: "F16", shape: [4], data_offsets: [16, 24] },
    c: { dtype: "F64", shape: [], data_offsets: [24, 32] },
  });
  const bytes = new Uint8Array(8 + header.length + 32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(utf8(header), 8);
  return bytes;
}

function bundle(): Bytes {
  const modelId = "a".repeat(64);
  return writeBundle({
    record: {
      ...aRun("run-1", modelId),
      ...progressAfter(20),
      settings: resolveSettings({ steps: 20 }),
      weightsSha256: "b".repeat(64),
    },
    journal: steps(1, 20),
    evaluations: [anEvaluation(0), anEvaluation(20)],
    base: { id: modelId, name: "opt-tiny" },
  });
}

/** A file of a bundle, changed inside a zip whose checksums agree with it. */
function bundleEntry(name: string): MutationTarget {
  const { "hashes.json": _, ...files } = unzipSync(bundle());
  const hashes = Object.entries(files).map(([other, bytes]) => [other, hashOf(bytes)]);
  const known = Object.fromEntries(hashes);
  return {
    seeds: [new Uint8Array(files[name] ?? [])],
    read: (bytes) => {
      const sums = json({
        schema: "zeroth-bundle/1",
        sha256: { ...known, [name]: hashOf(bytes) },
      });
      return readBundle(zipSync({ ...files, [name]: bytes, "hashes.json": sums }, { level: 0 }));
    },
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const [sha1, sha256] = ["0123456789abcdef0123456789abcdef01234567", "0123456789abcdef".repeat(4)];
const modelAnswer = {
  sha: sha1,
  gated: false,
  cardData: { license: "mit", license_name: "x" },
  siblings: [
    { rfilename: "config.json", size: 651, blobId: sha1 },
    { rfilename: "tokenizer.json", size: 651, blobId: sha1 },
    { rfilename: "model.safetensors", size: 9, blobId: sha1, lfs: { sha256, size: 250_000_000 } },
    { rfilename: "LICENSE.md", size: 10, blobId: sha1 },
  ],
};
const split = (path: string) => ({ rfilename: path, size: 9, blobId: sha1 });
const datasetAnswer = {
  id: "nyu-mll/glue",
  sha: sha1,
  gated: "auto",
  cardData: {
    license: ["other"],
    dataset_info: [{ config_name: "sst2", splits: [{ name: "train", num_examples: 67_349 }] }],
  },
  siblings: [split("sst2/train/0000.parquet"), split("sst2/validation/0000.parquet")],
};

/** A hub that gives the same answer to every question. */
function hubThatAnswers(body: Bytes): Hub {
  return {
    endpoint: "https://hub.example",
    fetch: () => Promise.resolve(new Response(body.slice())),
    isOnline: () => true,
    sleep: (_, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true })),
  };
}

/** A 32-bit generator: the same seed gives the same input. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Parts that break readers of texts: other types, deep nesting, names of Object's own, huge numbers. */
const FRAGMENTS = [
  '{"toString":1,"valueOf":1}',
  "[".repeat(2000),
  '{"a":'.repeat(500),
  "__proto__",
  "constructor",
  "-1",
  "1e999",
  "9007199254740993",
  "null",
  '""',
  "[]",
  "{}",
  "NaN",
  "\\ud800",
  "\u0000",
  "\ufeff",
  "%",
  "../",
  '"',
  "\n",
  "\t",
  ",",
].map(utf8);
const WORDS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Input `index` of a seed: one of the valid inputs with one to four changes. */
export function mutate(seeds: readonly Bytes[], seed: number, index: number): Bytes {
  const pick = generator(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b));
  let bytes = (seeds[pick(seeds.length)] ?? new Uint8Array()).slice();
  for (let left = 1 + pick(4); left > 0; left--) bytes = changed(bytes, seeds, pick);
  return bytes;
}

function changed(bytes: Bytes, seeds: readonly Bytes[], pick: (below: number) => number): Bytes {
  const at = place(bytes.length, pick);
  const end = Math.min(bytes.length, at + 1 + pick(16));
  switch (pick(9)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
      return bytes;
    case 1:
      bytes[at] = pick(256);
      return bytes;
    case 2:
      if (at + 4 <= bytes.length) {
        new DataView(bytes.buffer).setUint32(at, WORDS[pick(WORDS.length)] ?? 0, true);
      }
      return bytes;
    case 3:
      return spliced(bytes, at, end, new Uint8Array());
    case 4:
      return spliced(bytes, at, at, bytes.subarray(at, end));
    case 5:
      return bytes.slice(0, pick(4) === 0 ? at : bytes.length);
    case 6: {
      const other = seeds[pick(seeds.length)] ?? bytes;
      const from = place(other.length, pick);
      return spliced(bytes, at, end, other.subarray(from, from + 1 + pick(64)));
    }
    case 7:
      return spliced(bytes, at, pick(2) === 0 ? at : end, fragment(pick));
    default:
      return withOtherValue(bytes, at, pick);
  }
}

/** Mostly near the beginning or the end, where formats keep their headers and directories. */
function place(length: number, pick: (below: number) => number): number {
  if (length === 0) return 0;
  const near = Math.min(length, 4096);
  const kind = pick(8);
  if (kind === 0) return pick(length);
  return kind < 4 ? pick(near) : length - 1 - pick(near);
}

function fragment(pick: (below: number) => number): Bytes {
  return FRAGMENTS[pick(FRAGMENTS.length)] ?? new Uint8Array();
}

/** In a JSON text: the value behind a colon becomes another. */
function withOtherValue(bytes: Bytes, at: number, pick: (below: number) => number): Bytes {
  const colon = bytes.indexOf(0x3a, at);
  if (colon < 0) return bytes;
  const end = bytes.findIndex((byte, i) => i > colon && (byte === 0x2c || byte === 0x7d));
  return spliced(bytes, colon + 1, end < 0 ? bytes.length : end, fragment(pick));
}

function spliced(bytes: Bytes, from: number, to: number, put: Uint8Array): Bytes {
  const result = new Uint8Array(from + put.length + bytes.length - to);
  result.set(bytes.subarray(0, from));
  result.set(put, from);
  result.set(bytes.subarray(to), from + put.length);
  return result;
}

const SLOW_MS = 1000;
/** A message is a sentence or three; a longer one quotes too much of the input. */
const LONGEST_MESSAGE = 1000;

export interface Outcome {
  readonly kind: "accepted" | "refused" | "uncaught";
  /** Over one second. */
  readonly isSlow: boolean;
  /** Of an uncaught error. */
  readonly detail: string;
}

/** How an input ends. A slow one is read again: a busy machine is no fault of the input. */
export async function outcomeOf(read: MutationTarget["read"], input: Bytes): Promise<Outcome> {
  const first = await timedOutcome(read, input);
  const { kind, detail, timeMs } = first;
  const isSlow = timeMs > SLOW_MS && (await timedOutcome(read, input)).timeMs > SLOW_MS;
  return { kind, isSlow, detail };
}

async function timedOutcome(read: MutationTarget["read"], input: Bytes) {
  const start = performance.now();
  const done = (kind: Outcome["kind"], detail = "") => {
    return { kind, detail, timeMs: performance.now() - start };
  };
  try {
    await read(input.slice());
    return done("accepted");
  } catch (error) {
    if (!(error instanceof ZerothError)) {
      return done("uncaught", error instanceof Error ? String(error.stack) : "not an error");
    }
    const { length } = error.message;
    if (length > LONGEST_MESSAGE) return done("uncaught", `a message of ${length} characters`);
    return done("refused");
  }
}
