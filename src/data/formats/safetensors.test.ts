import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ZerothError } from "#base/errors.ts";
import { type ByteSource, memorySource } from "./byteSource.ts";
import { readSafetensors as placesIn, safetensorsHeader } from "./safetensors.ts";
import { tensorAt } from "./tensorSource.ts";

const FIXTURE = new URL("../../../test/fixtures/opt-tiny-pre-ln/", import.meta.url);

function fixtureFile(name: string): ByteSource {
  return memorySource(name, new Uint8Array(readFileSync(new URL(name, FIXTURE))));
}

/** A file whose header is any text and whose data are `dataBytes` bytes 0, 1, 2, … */
function fileOf(header: string | object, dataBytes: number, declared?: bigint): ByteSource {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, declared ?? BigInt(json.length), true);
  bytes.set(json, 8);
  for (let i = 0; i < dataBytes; i++) bytes[8 + json.length + i] = i;
  return memorySource("model.safetensors", bytes);
}

const f16 = (shape: unknown, start: number, end: number) => ({
  dtype: "F16",
  shape,
  data_offsets: [start, end],
});

async function readSafetensors(file: ByteSource) {
  return (await placesIn(file)).map((place) => tensorAt(file, place));
}

async function refusal(file: ByteSource): Promise<string> {
  const error: unknown = await readSafetensors(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ZerothError)) throw new Error(`expected a refusal, got ${error}`);
  return `${error.code} ${error.message}`;
}

describe("a safetensors file", () => {
  it("gives names, dtypes and shapes of what transformers wrote", async () => {
    const tensors = await readSafetensors(fixtureFile("model.safetensors"));
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    expect(tensors).toHaveLength(36);
    expect(byName.get("model.decoder.embed_tokens.weight")).toMatchObject({
      dtype: "F32",
      shape: [704, 64],
      sizeBytes: 704 * 64 * 4,
    });
  });

  it("gives any part of a tensor", async () => {
    const [tensor] = await readSafetensors(fileOf({ w: f16([2, 3], 0, 12) }, 12));
    expect([...((await tensor?.read(3, 6)) ?? [])]).toEqual([3, 4, 5]);
  });

  it("does not give bytes outside a tensor", async () => {
    const [tensor] = await readSafetensors(fileOf({ a: f16([2], 0, 4), b: f16([2], 4, 8) }, 8));
    await expect(tensor?.read(2, 6)).rejects.toThrow("has 4 bytes; bytes 2 to 6");
  });

  it("gives float64 as float32, rounded to nearest, from any byte on", async () => {
    const doubles = new Uint8Array(Float64Array.of(1 / 3, -2, 1e-50, 16_777_217).buffer);
    const header = { w: { dtype: "F64", shape: [4], data_offsets: [0, 32] } };
    const file = fileOf(header, 32);
    const bytes = await file.read(0, file.sizeBytes);
    bytes.set(doubles, bytes.length - 32);
    const [tensor] = await readSafetensors(memorySource("model.safetensors", bytes));
    expect(tensor).toMatchObject({ dtype: "F32", sizeBytes: 16 });
    const floats = new Uint8Array(Float32Array.of(1 / 3, -2, 0, 16_777_216).buffer);
    expect(await tensor?.read(0, 16)).toEqual(floats);
    expect(await tensor?.read(3, 14)).toEqual(floats.slice(3, 14));
  });

  it("may hold scalars, empty tensors, metadata and padding", async () => {
    const header = JSON.stringify({
      __metadata__: { format: "pt" },
      empty: f16([0, 5], 0, 0),
      scalar: f16([], 0, 2),
    });
    const tensors = await readSafetensors(fileOf(`${header}     `, 2));
    expect(tensors.map((t) => [t.name, t.sizeBytes])).toEqual([
      ["empty", 0],
      ["scalar", 2],
    ]);
  });
});

describe("a safetensors file is refused when", () => {
  const cases: readonly (readonly [string, ByteSource, RegExp])[] = [
    ["it is cut short", fileOf({ a: f16([4], 0, 8) }, 5), /^E-FILE-2 .*cut short: 67 of 70 bytes/],
    ["its header is cut short", fileOf({}, 0, 99n), /^E-FILE-2 .*cut short: 10 of at least 107/],
    ["bytes follow its last tensor", fileOf({ a: f16([4], 0, 8) }, 9), /1 bytes after its last/],
    [
      "tensors overlap",
      fileOf({ a: f16([4], 0, 8), b: f16([4], 4, 12) }, 12),
      /overlaps another tensor with "b"/,
    ],
    [
      "two tensors share their bytes",
      fileOf({ a: f16([4], 0, 8), b: f16([4], 0, 8) }, 8),
      /overlaps another/,
    ],
    ["there is a hole", fileOf({ a: f16([1], 2, 4) }, 4), /leaves a hole before "a"/],
    ["bytes and shape disagree", fileOf({ a: f16([3], 0, 8) }, 8), /8 bytes; F16 \[3\] needs 6/],
    [
      "a shape overflows",
      fileOf('{"a":{"dtype":"F16","shape":[2,18446744073709551615],"data_offsets":[0,8]}}', 8),
      /"shape.1" is the number 18446744073709552000; .*whole number is needed/,
    ],
    [
      "a product of sizes overflows",
      fileOf({ a: f16([2 ** 40, 2 ** 40], 0, 8) }, 8),
      /8 bytes; F16/,
    ],
    ["a size is negative", fileOf({ a: f16([-2, -2], 0, 8) }, 8), /"shape.0" is the number -2; a/],
    [
      "a rank is 9",
      fileOf({ a: f16(Array(9).fill(1), 0, 2) }, 2),
      /"shape" is a list; .* at most 8/,
    ],
    ["offsets run backwards", fileOf({ a: f16([1], 4, 2) }, 4), /-2 bytes/],
    [
      "offsets are missing",
      fileOf({ a: { dtype: "F16", shape: [] } }, 0),
      /"data_offsets" is missing/,
    ],
    ["a tensor is no object", fileOf({ a: 7 }, 0), /bad entry for tensor "a" \(it is the number 7/],
    [
      "a name stands twice",
      fileOf(
        `{"a":${JSON.stringify(f16([1], 0, 2))},"\\u0061":${JSON.stringify(f16([1], 0, 2))}}`,
        2,
      ),
      /^E-FILE-3 .*names "a" twice/,
    ],
    [
      "a key of a tensor stands twice",
      fileOf('{"a":{"dtype":"F16","shape":[],"shape":[1],"data_offsets":[0,2]}}', 2),
      /names "shape" twice/,
    ],
    [
      "its dtype is foreign",
      fileOf({ a: { dtype: "I8", shape: [1], data_offsets: [0, 1] } }, 1),
      /^E-FILE-4 .*dtype "I8"; F64, F32, F16 and BF16/,
    ],
    ["its metadata are not texts", fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__.*"a" is/],
    [
      "its dtype is an object that cannot be shown",
      fileOf({ a: { ...f16([1], 0, 2), dtype: { toString: 1, valueOf: 1 } } }, 2),
      /^E-FILE-3 .*tensor "a" \("dtype" is an object; a text is needed\)/,
    ],
    [
      "values in it are nested without end",
      fileOf(`{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, 0),
      /^E-FILE-3 .*it is a list; an object is needed/,
    ],
    ["its header is not JSON", fileOf("{,}", 0), /^E-FILE-3 .*header that is not JSON/],
    ["its header is huge", fileOf("{}", 0, 5_000_000n), /header of 5,000,000 bytes/],
    ["its length is absurd", fileOf("{}", 0, 2n ** 63n), /^E-FILE-1 /],
    ["it is a list", fileOf("[]", 0), /^E-FILE-1 /],
    [
      "its header is not UTF-8",
      memorySource("a", new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d])),
      /not UTF-8/,
    ],
    [
      "it lists more than 10,000 tensors",
      fileOf(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`t${i}`, 0])), 0),
      /lists 10,001 tensors/,
    ],
    [
      "it is a Git-LFS pointer",
      memorySource(
        "model.safetensors",
        new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      ),
      /^E-FILE-1 .*56-byte Git-LFS pointer/,
    ],
  ];
  it.each(cases)("%s", async (_, file, expected) => {
    expect(await refusal(file)).toMatch(expected);
  });

  it("the disk gives fewer bytes than it promised", async () => {
    const whole = fileOf({ a: f16([4], 0, 8) }, 8);
    const shrunk = {
      ...whole,
      read: (a: number, b: number) => whole.read(a, a > 0 && b > 62 ? 62 : b),
    };
    const [tensor] = await readSafetensors(shrunk);
    await expect(tensor?.read(0, 8)).rejects.toMatchObject({ code: "E-FILE-2" });
  });

  it("the disk fails", async () => {
    const failing = { ...fileOf({}, 0), read: () => Promise.reject(new Error("NotReadable")) };
    expect(await refusal(failing)).toMatch(/^E-FILE-2 .*could not be read \(NotReadable\)/);
  });
});

describe("a written safetensors header", () => {
  it("is read back as the same tensors, whatever their names and shapes", async () => {
    const tensor = fc.record({
      name: fc.string({ unit: "grapheme" }).filter((n) => n !== "__metadata__"),
      dtype: fc.constantFrom("F32" as const, "F16" as const, "BF16" as const),
      shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    });
    const tensors = fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(tensors, async (written) => {
        const header = safetensorsHeader(written);
        const dataBytes = written.reduce(
          (sum, t) => sum + t.shape.reduce((a, b) => a * b, t.dtype === "F32" ? 4 : 2),
          0,
        );
        const bytes = new Uint8Array(header.length + dataBytes);
        bytes.set(header);
        const read = await readSafetensors(memorySource("x", bytes));
        const plain = read.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
        const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
        expect(header.length % 8).toBe(0);
        expect(plain.sort(byName)).toEqual([...written].sort(byName));
      }),
      { numRuns: 200 },
    );
  });

  it("names the framework, which older transformers require", () => {
    const text = new TextDecoder().decode(safetensorsHeader([]).subarray(8));
    expect(JSON.parse(text)).toEqual({ __metadata__: { format: "pt" } });
  });

  it("refuses two tensors with one name", () => {
    const tensor = { name: "w", dtype: "F16", shape: [1] } as const;
    expect(() => safetensorsHeader([tensor, tensor])).toThrow('Two tensors are called "w"');
  });
});

describe("a damaged safetensors file", () => {
  it("is refused with a sentence or read, never anything else", async () => {
    const whole = fileOf({ a: f16([2], 0, 4), b: { ...f16([2], 4, 12), dtype: "F32" } }, 12);
    const original = await whole.read(0, whole.sizeBytes);
    const change = fc.record({ at: fc.nat(original.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(original.length),
        async (changes, cut) => {
          const bytes = original.slice(0, cut % 3 === 0 ? cut : undefined);
          for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
          try {
            for (const tensor of await readSafetensors(memorySource("x", bytes))) {
              expect(await tensor.read(0, tensor.sizeBytes)).toHaveLength(tensor.sizeBytes);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(ZerothError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
