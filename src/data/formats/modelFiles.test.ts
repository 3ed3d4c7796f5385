import { readdirSync, readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { ZerothError } from "#base/errors.ts";
import { type ByteSource, memorySource } from "./byteSource.ts";
import { openModelFiles, readModelLayout } from "./modelFiles.ts";
import { safetensorsHeader } from "./safetensors.ts";

const FIXTURES = new URL("../../../test/fixtures/", import.meta.url);

/** All files of a fixture, as a folder pick gives them, or those wanted of it. */
function folder(name: string, wanted = (_file: string) => true, prefix = `${name}/`): ByteSource[] {
  return readdirSync(new URL(name, FIXTURES))
    .filter(wanted)
    .map((file) => {
      const bytes = new Uint8Array(readFileSync(new URL(`${name}/${file}`, FIXTURES)));
      return memorySource(prefix + file, bytes);
    });
}

function file(name: string, content: string | object): ByteSource {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return memorySource(name, new TextEncoder().encode(text));
}

/** A safetensors file with one empty tensor of each name. */
function shard(name: string, ...tensors: string[]): ByteSource {
  const header = safetensorsHeader(
    tensors.map((tensor) => ({ name: tensor, dtype: "F16", shape: [0] })),
  );
  return memorySource(name, header);
}

const CONFIG = file("config.json", { model_type: "opt" });
const TOKENIZER = [file("vocab.json", "{}"), file("merges.txt", "")];
const INDEX = "model.safetensors.index.json";

/** The files whose tensors are used. */
async function weightFiles(files: readonly ByteSource[]): Promise<readonly string[]> {
  const { tensors } = await readModelLayout(files);
  return [...new Set(tensors.map((tensor) => tensor.file))];
}

async function refusal(files: readonly ByteSource[]): Promise<string> {
  const error: unknown = await openModelFiles(files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ZerothError)) throw new Error(`expected a refusal, got ${error}`);
  return `${error.code} ${error.message}`;
}

describe("a model folder", () => {
  it("opens with its config, tensors and tokenizer, whatever folder it was picked from", async () => {
    const checkpoint = await openModelFiles(folder("opt-tiny-pre-ln"));
    expect(checkpoint.format).toBe("safetensors");
    expect(checkpoint.config).toMatchObject({ model_type: "opt", hidden_size: 64 });
    expect(checkpoint.tensors.size).toBe(36);
    expect([...checkpoint.tokenizerFiles.keys()].sort()).toEqual([
      "merges.txt",
      "special_tokens_map.json",
      "tokenizer_config.json",
      "vocab.json",
    ]);
    expect([...checkpoint.otherFiles.keys()]).toEqual(["generation_config.json"]);
    expect(await weightFiles(folder("opt-tiny-pre-ln"))).toEqual([
      "opt-tiny-pre-ln/model.safetensors",
    ]);
  });

  it("opens from pytorch_model.bin where there is no safetensors", async () => {
    const files = folder("opt-tiny-post-ln", (name) => !name.endsWith("safetensors"));
    const checkpoint = await openModelFiles(files);
    expect(checkpoint.format).toBe("pytorch");
    expect(checkpoint.tensors.get("model.decoder.project_in.weight")?.shape).toEqual([64, 32]);
  });

  it("opens from the parts its index lists", async () => {
    const checkpoint = await openModelFiles(folder("opt-tiny-real-vocab"));
    expect(await weightFiles(folder("opt-tiny-real-vocab"))).toHaveLength(2);
    expect(checkpoint.tensors.get("model.decoder.embed_tokens.weight")).toMatchObject({
      dtype: "F16",
      shape: [50_272, 32],
    });
  });

  it("opens from files without a folder, beside checkpoints of a run", async () => {
    const run = folder("opt-tiny-pre-ln", undefined, "checkpoint-500/");
    const files = [...run, ...folder("opt-tiny-pre-ln", undefined, "")];
    expect(await weightFiles(files)).toEqual(["model.safetensors"]);
  });

  it("may have a config in which Python wrote NaN and Infinity", async () => {
    const config = file("config.json", '{"a": NaN, "b": [-Infinity], "c": "NaN, \\"Infinity"}');
    const { config: read } = await openModelFiles([
      config,
      shard("model.safetensors"),
      ...TOKENIZER,
    ]);
    expect(read).toEqual({ a: null, b: [null], c: 'NaN, "Infinity' });
  });

  it.each([["_orig_mod."], ["module."], ["module._orig_mod."], ["_orig_mod.module."]])(
    "may have %s before every name, which is taken off and said",
    async (prefix) => {
      const names = ["model.decoder.embed_tokens.weight", "lm_head.weight"];
      const { tensors, notes } = await openModelFiles([
        CONFIG,
        ...TOKENIZER,
        shard("model.safetensors", ...names.map((name) => prefix + name)),
      ]);
      expect([...tensors.keys()].sort()).toEqual(names.toSorted());
      expect(tensors.get("lm_head.weight")?.name).toBe("lm_head.weight");
      expect(notes).toEqual([`The prefix "${prefix}" was taken off the names of all tensors.`]);
    },
  );

  it("keeps names of which only some have a prefix", async () => {
    const names = ["module.a", "b"];
    const files = [CONFIG, ...TOKENIZER, shard("model.safetensors", ...names)];
    const { tensors, notes } = await openModelFiles(files);
    expect([...tensors.keys()].sort()).toEqual(names.toSorted());
    expect(notes).toEqual([]);
  });

  it("may have float64 weights, which are read as float32 and said", async () => {
    const header = JSON.stringify({ a: { dtype: "F64", shape: [1], data_offsets: [0, 8] } });
    const bytes = new Uint8Array(8 + header.length + 8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    const files = [CONFIG, ...TOKENIZER, memorySource("model.safetensors", bytes)];
    const { tensors, notes } = await openModelFiles(files);
    expect(tensors.get("a")).toMatchObject({ dtype: "F32", sizeBytes: 4 });
    expect(notes).toEqual(["Weights stored as float64 are converted to float32."]);
  });

  it("may bring tokenizer.json alone", async () => {
    const files = [CONFIG, shard("model.safetensors"), file("tokenizer.json", "{}")];
    expect((await openModelFiles(files)).tokenizerFiles.size).toBe(1);
  });
});

describe("a model folder is refused when", () => {
  const parts = (weightMap: object, ...files: ByteSource[]) => [
    CONFIG,
    ...TOKENIZER,
    file(INDEX, { weight_map: weightMap }),
    ...files,
  ];
  const weights = shard("model.safetensors");

  it.each<[string, ByteSource[], RegExp]>([
    ["nothing was chosen", [], /^E-FILE-1 .*no config\.json \(chosen: nothing\)/],
    [
      "config.json is missing",
      [weights, ...TOKENIZER],
      /^E-FILE-1 .*no config\.json \(chosen: "model/,
    ],
    [
      "one GGUF file was chosen",
      [file("opt.gguf", "GGUF\x03")],
      /^E-FILE-1 "opt\.gguf" is not a model folder: it is GGUF, which holds quantised/,
    ],
    [
      "two models were chosen",
      [file("a/config.json", {}), file("b/config.json", {})],
      /^E-FILE-1 There are several models: "a\/config\.json" and "b\/config\.json"/,
    ],
    ["config.json is a list", [file("config.json", "[]"), weights], /^E-FILE-3 .*holds a list/],
    [
      "config.json is cut short",
      [file("config.json", '{"a":'), weights],
      /^E-FILE-3 .*not valid JSON/,
    ],
    [
      "config.json is a web page",
      [file("config.json", "\n<!DOCTYPE html><title>Sign in</title>")],
      /^E-FILE-1 "config\.json" is not a JSON text: it is a web page of 38 bytes/,
    ],
    [
      "config.json is larger than 10 MB",
      [memorySource("config.json", new Uint8Array(10_000_001).fill(0x20))],
      /^E-FILE-1 .*10,000,001 bytes; at most 10,000,000/,
    ],
    [
      "config.json is not UTF-8",
      [memorySource("config.json", new Uint8Array([0x7b, 0xff, 0x7d]))],
      /^E-FILE-3 .*not UTF-8/,
    ],
    [
      "the weights are missing",
      [CONFIG, ...TOKENIZER, file("flax_model.msgpack", "x")],
      /^E-FILE-1 There are no weights beside config\.json.*"flax_model\.msgpack"/,
    ],
    [
      "the tokenizer is missing",
      [CONFIG, weights, file("vocab.json", "{}")],
      /^E-FILE-7 There is no tokenizer.*vocab\.json and merges\.txt/,
    ],
    [
      "model.safetensors is a ZIP archive",
      [CONFIG, ...TOKENIZER, memorySource("model.safetensors", zipSync({ a: new Uint8Array(1) }))],
      /^E-FILE-1 "model\.safetensors" is not a safetensors file: it is a ZIP archive/,
    ],
    [
      "a part is missing",
      parts({ a: "one.safetensors", b: "two.safetensors" }, shard("one.safetensors", "a")),
      /^E-FILE-1 The weights have 2 parts and 1 of them are missing: "two\.safetensors"/,
    ],
    [
      "a part's name climbs out",
      parts({ a: "../x.safetensors" }),
      /^E-FILE-3 .*"weight_map.a" is the text "..\/x.safetensors"; a plain file name/,
    ],
    [
      "a part's name is an object that cannot be shown",
      parts({ a: { toString: 1, valueOf: 1 } }),
      /^E-FILE-3 .*"weight_map.a" is an object; a file name is needed/,
    ],
    [
      "config.json is nested without end",
      [file("config.json", `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`), weights],
      /^E-FILE-3 .*nested more than 100 deep/,
    ],
    [
      "a part's name is a number",
      parts({ a: 7 }),
      /^E-FILE-3 .*"weight_map.a" is the number 7; a file name/,
    ],
    [
      "a part lacks a tensor",
      parts({ a: "one.safetensors", b: "one.safetensors" }, shard("one.safetensors", "a")),
      /^E-FILE-3 The parts lack 1 of 2 tensors of their index: "b"/,
    ],
    [
      "two parts hold one tensor",
      parts(
        { a: "1.safetensors", b: "2.safetensors" },
        shard("1.safetensors", "a"),
        shard("2.safetensors", "b", "a"),
      ),
      /^E-FILE-3 Tensor "a" is in "2\.safetensors" and in another part/,
    ],
    [
      "its index has no weight map",
      [CONFIG, ...TOKENIZER, file(INDEX, {})],
      /^E-FILE-3 .*"weight_map" is missing/,
    ],
    [
      "a file was chosen twice",
      [CONFIG, weights, weights],
      /^E-FILE-1 "model\.safetensors" was chosen twice/,
    ],
  ])("%s", async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });
});

describe("what a file really is", () => {
  const tar = new Uint8Array(512);
  tar.set(new TextEncoder().encode("ustar"), 257);
  it.each<[string, Uint8Array<ArrayBuffer>, string]>([
    ["empty", new Uint8Array(0), "it is empty"],
    ["tar", tar, "it is a tar archive"],
    ["gzip", new Uint8Array([0x1f, 0x8b, 8]), "compressed with gzip"],
    ["HDF5", new Uint8Array([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10]), "TensorFlow"],
    ["JSON", new TextEncoder().encode(' {"a": 1}'), "JSON text"],
    ["unknown", new Uint8Array([1, 2, 3]), "its 3 bytes begin like no known format"],
  ])("is said of %s", async (_, bytes, sentence) => {
    const files = [CONFIG, ...TOKENIZER, memorySource("model.safetensors", bytes)];
    expect(await refusal(files)).toContain(sentence);
  });
});
