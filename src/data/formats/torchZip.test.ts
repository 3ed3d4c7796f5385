import { readFileSync } from "node:fs";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { ZerothError } from "#base/errors.ts";
import { type ByteSource, memorySource } from "./byteSource.ts";
import { readSafetensors } from "./safetensors.ts";
import { tensorAt } from "./tensorSource.ts";
import { readTorchZip as placesIn } from "./torchZip.ts";

const FIXTURE = new URL("../../../test/fixtures/opt-tiny-pre-ln/", import.meta.url);

function fixtureFile(name: string): ByteSource {
  return memorySource(name, new Uint8Array(readFileSync(new URL(name, FIXTURE))));
}

// Opcodes of pickle protocol 2, as torch writes it.
const text = (s: string) => [0x58, ...u32(new TextEncoder().encode(s).length), ...ascii(s)];
const ascii = (s: string) => [...new TextEncoder().encode(s)];
const u32 = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >>> 24) & 255];
const int = (n: number) => [0x4a, ...u32(n)];
const name = (module: string, attribute: string) => ascii(`c${module}\n${attribute}\n`);
const tuple = (...items: number[][]) => [0x28, ...items.flat(), 0x74];
const call = (callee: number[], ...args: number[][]) => [...callee, ...tuple(...args), 0x52];
const dict = (...items: number[][]) => [0x7d, 0x28, ...items.flat(), 0x75];
const pickle = (value: number[]) => [0x80, 2, ...value, 0x2e];

interface View {
  key?: string;
  type?: string;
  elements?: number;
  offset?: number;
  shape: number[];
  strides: number[];
}

function tensor({ key = "0", type = "HalfStorage", elements = 6, offset = 0, ...view }: View) {
  const id = tuple(text("storage"), name("torch", type), text(key), text("cpu"), int(elements));
  return call(
    name("torch._utils", "_rebuild_tensor_v2"),
    [...id, 0x51],
    int(offset),
    tuple(...view.shape.map(int)),
    tuple(...view.strides.map(int)),
    [0x89],
    call(name("collections", "OrderedDict")),
  );
}

const W = tensor({ shape: [2, 3], strides: [3, 1] });
/** Twelve bytes: six half floats. */
const STORAGE = Uint8Array.from({ length: 12 }, (_, i) => i);

/** A PyTorch archive of a pickled value and one storage. */
function archive(value: number[], more: Record<string, Uint8Array> = {}, level: 0 | 6 = 0) {
  const entries = {
    "m/data.pkl": Uint8Array.from(pickle(value)),
    "m/byteorder": Uint8Array.from(ascii("little")),
    "m/data/0": STORAGE,
    ...more,
  };
  return memorySource("pytorch_model.bin", zipSync(entries, { level }));
}

async function readTorchZip(file: ByteSource) {
  return (await placesIn(file)).map((place) => tensorAt(file, place));
}

async function readAll(file: ByteSource): Promise<Record<string, number[]>> {
  const entries: [string, number[]][] = [];
  for (const found of await readTorchZip(file)) {
    entries.push([found.name, [...(await found.read(0, found.sizeBytes))]]);
  }
  return Object.fromEntries(entries);
}

async function refusal(file: ByteSource): Promise<string> {
  const error: unknown = await readTorchZip(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ZerothError)) throw new Error(`expected a refusal, got ${error}`);
  return `${error.code} ${error.message}`;
}

describe("a PyTorch checkpoint", () => {
  it("holds the same bytes as the safetensors file of the same model", async () => {
    const torch = await readTorchZip(fixtureFile("pytorch_model.bin"));
    const safeFile = fixtureFile("model.safetensors");
    const safe = (await readSafetensors(safeFile)).map((place) => tensorAt(safeFile, place));
    const torchByName = new Map(torch.map((found) => [found.name, found]));
    expect(torch).toHaveLength(37); // and the tied lm_head, which safetensors leaves out
    for (const { name: tensorName, dtype, shape, sizeBytes, read } of safe) {
      const twin = torchByName.get(tensorName);
      expect(twin).toMatchObject({ dtype, shape, sizeBytes });
      // Compared natively: toEqual takes seconds for half a megabyte.
      expect(Buffer.compare(await twin!.read(0, sizeBytes), await read(0, sizeBytes))).toBe(0);
    }
  });

  it("gives a tied lm_head the bytes of the embedding", async () => {
    const torch = await readTorchZip(fixtureFile("pytorch_model.bin"));
    const head = torch.find((found) => found.name === "lm_head.weight");
    const embedding = torch.find((found) => found.name === "model.decoder.embed_tokens.weight");
    expect(await head?.read(0, 999)).toEqual(await embedding?.read(0, 999));
  });

  it("is opened without reading its weights", async () => {
    const whole = fixtureFile("pytorch_model.bin");
    let bytesRead = 0;
    const counting = {
      ...whole,
      read: (start: number, end: number) => {
        bytesRead += end - start;
        return whole.read(start, end);
      },
    };
    await readTorchZip(counting);
    // 64 KiB is where a ZIP's end record is sought; the pickle has 5.6 kB.
    expect(bytesRead).toBeLessThan(65_557 + 20_000);
  });

  it("may hold parameters, views with an offset, scalars and empty tensors", async () => {
    const parameter = call(name("torch._utils", "_rebuild_parameter"), W, [0x88], dict());
    const state = dict(
      text("parameter"),
      parameter,
      text("row"),
      tensor({ offset: 3, shape: [3], strides: [1] }),
      text("scalar"),
      tensor({ type: "FloatStorage", elements: 3, offset: 2, shape: [], strides: [] }),
      text("empty"),
      tensor({ shape: [0, 3], strides: [3, 1] }),
      text("column"),
      tensor({ type: "BFloat16Storage", offset: 1, shape: [2, 1], strides: [1, 77] }),
    );
    expect(await readAll(archive(state))).toEqual({
      parameter: [...STORAGE],
      row: [6, 7, 8, 9, 10, 11],
      scalar: [8, 9, 10, 11],
      empty: [],
      column: [2, 3, 4, 5],
    });
  });

  it("may be a training checkpoint, where one dict in it holds the weights", async () => {
    const counter = tensor({ type: "LongStorage", elements: 1, shape: [], strides: [] });
    const optimizer = dict(text("state"), dict(int(0), dict(text("step"), counter)));
    const state = dict(text("w"), W);
    for (const key of ["state_dict", "model"]) {
      const checkpoint = dict(
        text("epoch"),
        int(3),
        text(key),
        state,
        text("optimizer"),
        optimizer,
      );
      expect(await readAll(archive(checkpoint))).toEqual({ w: [...STORAGE] });
    }
  });

  it("may be in float64", async () => {
    const double = tensor({ type: "DoubleStorage", elements: 2, shape: [2], strides: [1] });
    const bytes = new Uint8Array(Float64Array.of(0.1, -4).buffer);
    const [found] = await readTorchZip(archive(dict(text("w"), double), { "m/data/0": bytes }));
    expect(found).toMatchObject({ dtype: "F32", sizeBytes: 8 });
    expect(await found?.read(0, 8)).toEqual(new Uint8Array(Float32Array.of(0.1, -4).buffer));
  });

  it("may carry a tensor called __proto__ without touching any prototype", async () => {
    const [found] = await readTorchZip(archive(dict(text("__proto__"), W)));
    expect(found?.name).toBe("__proto__");
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("a PyTorch checkpoint is refused when", () => {
  const state = dict(text("w"), W);
  const view = (changes: Partial<View>) =>
    archive(dict(text("w"), tensor({ shape: [2, 3], strides: [3, 1], ...changes })));
  const storageKey = (key: number[]) => {
    const id = tuple(text("storage"), name("torch", "HalfStorage"), key, text("cpu"), int(6));
    const args = [[...id, 0x51], int(0), tuple(int(6)), tuple(int(1))];
    return archive(dict(text("w"), call(name("torch._utils", "_rebuild_tensor_v2"), ...args)));
  };
  const raw = (bytes: number[]) => archive([], { "m/data.pkl": Uint8Array.from(bytes) });

  const cases: readonly (readonly [string, ByteSource, RegExp])[] = [
    [
      "it calls os.system",
      archive(dict(text("w"), call(name("posix", "system"), text("echo owned")))),
      /^E-FILE-6 .*asks for "posix\.system".*nothing in it was run/,
    ],
    [
      "it names a class of the training program",
      archive(dict(text("args"), name("argparse", "Namespace"))),
      /^E-FILE-6 .*"argparse\.Namespace"/,
    ],
    [
      "it names a submodule trick",
      archive(name("torch", "_utils._rebuild_tensor_v2.__globals__")),
      /^E-FILE-6/,
    ],
    [
      "it names another storage",
      view({ type: "ComplexFloatStorage" }),
      /^E-FILE-6 .*"torch\.Complex/,
    ],
    ["its weights are integers", view({ type: "LongStorage" }), /^E-FILE-4 .*"w" as torch\.Long/],
    [
      "it holds two sets of weights",
      archive(dict(text("model"), state, text("ema"), state, text("epoch"), int(3))),
      /^E-FILE-1 .*several sets of weights \("model", "ema"\)/,
    ],
    ["a storage has a number for a name", storageKey(int(0)), /^E-FILE-3 .*no readable storage/],
    // INST, OBJ, NEWOBJ, STACK_GLOBAL, EXT1, POP, DUP
    ...[0x69, 0x6f, 0x81, 0x93, 0x82, 0x30, 0x32].map(
      (opcode) =>
        [
          `it uses operation 0x${opcode.toString(16)}`,
          raw([0x80, 2, 0x29, 0x29, opcode, 0x2e]),
          /^E-FILE-6 .*pickle operation 0x/,
        ] as const,
    ),
    [
      "it calls a storage",
      archive(call(name("torch", "FloatStorage"))),
      /^E-FILE-3 .*a call of torch/,
    ],
    ["it calls a text", archive([...text("x"), 0x29, 0x52]), /^E-FILE-3 .*no function/],
    ["its memo lacks what it recalls", raw([0x80, 2, 0x68, 9, 0x2e]), /memo entry 9/],
    ["it pops below a mark", raw([0x29, 0x28, 0x85, 0x2e]), /empty stack/],
    ["it appends to a text", archive([...text("x"), 0x4e, 0x61]), /no list/],
    ["it has a key without a value", archive(dict(text("x"))), /key without a value/],
    ["its pickle ends early", raw([0x80, 2, 0x58, 9, 0, 0]), /^E-FILE-3 .*end before STOP/],
    ["it opens marks without end", raw(Array(200_000).fill(0x28)), /more than 100,000 values/],
    [
      "its pickle is huge",
      archive([], { "m/data.pkl": new Uint8Array(4_000_001) }),
      /4,000,001 bytes/,
    ],
    ["it holds a list", archive([0x5d]), /^E-FILE-1 .*no dict, not plain weights/],
    [
      "it is a training checkpoint",
      archive(dict(text("epoch"), int(3))),
      /^E-FILE-1 .*"epoch", which is no tensor/,
    ],
    [
      "a view is transposed",
      view({ strides: [1, 2] }),
      /^E-FILE-4 .*"w".*strides \[1,2\].*contiguous/,
    ],
    ["a view is expanded", view({ strides: [0, 1] }), /^E-FILE-4/],
    [
      "a tensor leaves its storage",
      view({ offset: 1 }),
      /6 elements from 1 for "w", of a storage of 6/,
    ],
    [
      "a storage is shorter than said",
      view({ elements: 7 }),
      /stores 12 bytes for "w"; its pickle says 14/,
    ],
    ["an offset is negative", view({ offset: -1 }), /^E-FILE-3/],
    ["a size is negative", view({ shape: [-2, 3] }), /no readable shape/],
    ["strides and shape differ in length", view({ strides: [1] }), /no readable shape/],
    ["a storage is missing", view({ key: "7" }), /lacks a storage/],
    ["a storage key climbs out", view({ key: "../data.pkl" }), /lacks a storage/],
    ["its entries are compressed", archive(state, {}, 6), /compressed/],
    [
      "it is big-endian",
      archive(state, { "m/byteorder": Uint8Array.from(ascii("big")) }),
      /^E-FILE-4 .*byte order "big"/,
    ],
    ["it has two pickles", archive(state, { "n/data.pkl": STORAGE }), /^E-FILE-1 .*2 files/],
    [
      "it is some other archive",
      memorySource("a.zip", zipSync({ "a.txt": STORAGE })),
      /^E-FILE-1 .*0 files/,
    ],
    [
      "it is from before PyTorch 1.6",
      memorySource("old.bin", Uint8Array.from([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46])),
      /^E-FILE-1 .*before version 1\.6.*torch\.save/,
    ],
    ["it is empty", memorySource("empty.bin", new Uint8Array(0)), /^E-FILE-1 .*empty/],
  ];
  it.each(cases)("%s", async (_, file, expected) => {
    expect(await refusal(file)).toMatch(expected);
  });

  it("it is cut short", async () => {
    const whole = fixtureFile("pytorch_model.bin");
    const cut = memorySource(whole.name, await whole.read(0, 400_000));
    expect(await refusal(cut)).toMatch(/^E-FILE-2 .*cut short: its 400,000 bytes/);
  });

  it("an entry stands twice", async () => {
    const file = archive(state, { "m/data/1": STORAGE });
    const bytes = await file.read(0, file.sizeBytes);
    for (let i = 0; i < bytes.length; i++) {
      if (new TextDecoder().decode(bytes.subarray(i, i + 8)) === "m/data/1") bytes[i + 7] = 0x30;
    }
    expect(await refusal(memorySource("x", bytes))).toMatch(/holds "m\/data\/0" twice/);
  });
});

describe("a damaged PyTorch checkpoint", () => {
  const state = dict(text("a"), W, text("b"), tensor({ offset: 1, shape: [2], strides: [1] }));
  const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });

  function changed(original: Uint8Array, edits: { at: number; to: number }[]) {
    const bytes = Uint8Array.from(original);
    for (const { at, to } of edits) bytes[at % bytes.length] = to;
    return bytes;
  }

  async function expectSentenceOrTensors(file: ByteSource) {
    try {
      for (const found of await readTorchZip(file)) {
        expect(await found.read(0, found.sizeBytes)).toHaveLength(found.sizeBytes);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ZerothError);
    }
  }

  it("with changed pickle bytes is refused with a sentence or read, never anything else", async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (edits) => {
        const bytes = changed(Uint8Array.from(pickle(state)), edits);
        await expectSentenceOrTensors(archive([], { "m/data.pkl": bytes }));
      }),
      { numRuns: 300 },
    );
  });

  it("with a changed or shortened archive is refused with a sentence or read", async () => {
    const file = archive(state);
    const original = await file.read(0, file.sizeBytes);
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(original.length), async (edits, cut) => {
        const bytes = changed(original.subarray(0, cut % 4 === 0 ? cut + 1 : undefined), edits);
        await expectSentenceOrTensors(memorySource("x", bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("of any operations at all is refused with a sentence or read", async () => {
    const opcode = fc.constantFrom(...ascii("(.cQRbqhjrNK]}t)eaus\x85\x86\x87\x88"), 1, 0);
    await fc.assert(
      fc.asyncProperty(fc.array(opcode, { maxLength: 60 }), async (body) => {
        await expectSentenceOrTensors(archive([], { "m/data.pkl": Uint8Array.from(body) }));
      }),
      { numRuns: 200 },
    );
  });
});
