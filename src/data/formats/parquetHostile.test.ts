import { gzipSync } from "fflate";
import { expect, test } from "vitest";
import {
  BYTE_ARRAY,
  DECIMAL,
  dataPage,
  FIXED,
  INT64,
  JSON_TEXT,
  join,
  numbersPage,
  type ParquetColumn,
  parquetBytes,
  struct,
  type ThriftStruct,
  u32,
  varint,
} from "../testing/parquetBytes.ts";
import { parseTableFile } from "./tableFile.ts";

const [OPTIONAL, REPEATED] = [1, 2];
const ascii = (text: string) => new TextEncoder().encode(text);
const zeros = (length: number) => new Uint8Array(length);

/** A file with one column of `values` values. */
function file(
  values: number,
  element: ThriftStruct,
  page: Uint8Array,
  more: Partial<ParquetColumn> = {},
): Uint8Array<ArrayBuffer> {
  const column = { name: "a", pages: [page], values, element, ...more };
  return parquetBytes(BigInt(values), [{ rows: BigInt(values), columns: [column] }]);
}

/** What a file is refused with, and how long that took. */
async function refusal(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const start = performance.now();
  const outcome = await parseTableFile("a.parquet", bytes).then(
    () => "read",
    (error: unknown) => String(error),
  );
  expect(performance.now() - start).toBeLessThan(1000);
  return outcome;
}

/** Levels as version 1 has them: their size, then runs. */
const levels = (...runs: Uint8Array[]) => join([u32(join(runs).length), ...runs]);
const run = (length: number, value: number) =>
  join([varint(BigInt(length) << 1n), Uint8Array.of(value)]);

test("runs of levels are no longer than their page has values", async () => {
  const nullable = { 3: OPTIONAL };
  const page = (length: number) =>
    dataPage(4, 0, join([levels(run(length, 1)), ...[7, 8, 9, 10].map(u32)]));
  const { rows } = await parseTableFile("a.parquet", file(4, nullable, page(4)));
  expect(rows).toEqual([{ a: 7 }, { a: 8 }, { a: 9 }, { a: 10 }]);
  for (const length of [2 ** 27, 2 ** 31 - 1]) {
    expect(await refusal(file(4, nullable, page(length)))).toContain(
      `a run of ${length} values in a page that has 4 left`,
    );
  }
});

test("packed numbers of no bits are counted as any others", async () => {
  const packedRun = varint(((2n ** 31n) << 1n) | 1n);
  const indices = join([Uint8Array.of(0), packedRun]);
  expect(await refusal(file(4, {}, dataPage(4, 8, indices)))).toContain(
    "a run of 17179869184 values in a page that has 4 left",
  );
});

test("texts that repeat the text before them are bounded by what they unpack to together", async () => {
  // Blocks of 128 values in 4 parts, all of no bits: a value is the one before it, plus the block's least step.
  const lengths = (first: bigint, step: bigint, values: number) => {
    const block = join([varint(step << 1n), zeros(4)]);
    const blocks = Array.from({ length: Math.ceil((values - 1) / 128) }, () => block);
    const head = [128n, 4n, BigInt(values), first << 1n].map(varint);
    return join([...head, ...blocks]);
  };
  const element = { 1: BYTE_ARRAY, 6: 0 };
  const few = join([lengths(0n, 4n, 2), lengths(4n, 0n, 2), ascii("fine art")]);
  const { rows } = await parseTableFile("a.parquet", file(2, element, dataPage(2, 7, few)));
  expect(rows).toEqual([{ a: "fine" }, { a: "fine art" }]);
  // Each text repeats all of the one before it and adds ten bytes.
  const many = 10_000;
  const bytes = join([lengths(0n, 10n, many), lengths(10n, 0n, many), zeros(10 * many)]);
  const page = dataPage(many, 7, gzipSync(bytes), bytes.length);
  expect(await refusal(file(many, element, page, { codec: "gzip" }))).toMatch(
    /bytes unpack to more than 64,\d{3},\d{3}/,
  );
});

test("lists in a footer are no longer than the footer has bytes", async () => {
  const lists = Array.from({ length: 25 }, () => [0xf9, 0xff, 0xff, 0xff, 0x0f]).flat();
  const footer = Uint8Array.of(0x19, ...lists);
  const bytes = join([ascii("PAR1"), zeros(4), footer, u32(footer.length), ascii("PAR1")]);
  expect(await refusal(bytes)).toContain("a list claims 33554431 elements in 120 bytes");
});

test("a number in a footer takes at most ten bytes", async () => {
  const footer = join([Uint8Array.of(0x16), zeros(1_000_000).fill(0xff), Uint8Array.of(0, 0)]);
  const bytes = join([ascii("PAR1"), footer, u32(footer.length), ascii("PAR1")]);
  expect(await refusal(bytes)).toContain("a number takes more than 10 bytes");
});

test("a number in a page takes at most ten bytes", async () => {
  const endless = zeros(500_000).fill(0xff);
  const delta = join([varint(128n), varint(4n), varint(2n), endless, Uint8Array.of(0)]);
  expect(await refusal(file(2, { 1: INT64 }, dataPage(2, 5, delta)))).toContain(
    "a number in a page is cut short or too long",
  );
});

test("more nulls than a file of that size would hold are refused", async () => {
  const columns = Array.from({ length: 100 }, (_, i): ParquetColumn => {
    const page = dataPage(1_000_000, 0, levels(run(1_000_000, 0)));
    return { name: `c${i}`, pages: [page], values: 1_000_000, element: { 3: OPTIONAL } };
  });
  const bytes = parquetBytes(1_000_000n, [{ rows: 1_000_000n, columns }]);
  expect(await refusal(bytes)).toContain(
    `describes 100,000,000 values in ${bytes.length.toLocaleString("en-US")} bytes`,
  );
});

test("an empty list costs as many values as it is nested deep", async () => {
  const depth = 30;
  const elements = Array.from({ length: depth }, (_, i): ThriftStruct => {
    const node = { 3: REPEATED, 4: "x" };
    return i < depth - 1 ? { ...node, 5: 1 } : { ...node, 1: 1 };
  });
  const path = Array.from({ length: depth }, () => "x");
  const column = { name: "x", path, pages: [zeros(40)], values: 100_000 };
  const bytes = parquetBytes(100_000n, [{ rows: 100_000n, columns: [column] }], elements);
  expect(await refusal(bytes)).toContain("describes 3,000,000 values");
});

test("a schema that is no tree is refused: nothing runs on negative or endless numbers of fields", async () => {
  const column: ParquetColumn = { name: "a", pages: [numbersPage([7, 8])], values: 2 };
  const withSchema = (...elements: ThriftStruct[]) =>
    refusal(parquetBytes(2n, [{ rows: 2n, columns: [column] }], elements));
  const leaf = { 1: 1, 3: 0, 4: "a" };
  expect(await withSchema({ 4: "a", 5: -1 })).toContain(
    "a column's number of fields should be a whole number",
  );
  expect(await withSchema({ 4: "a", 5: 2 ** 31 - 1 }, leaf)).toContain("its schema lacks columns");
  expect(await withSchema(leaf, leaf)).toContain("its schema has two roots");
  const chain = Array.from({ length: 40 }, (_, i) => (i < 39 ? { 4: "a", 5: 1 } : leaf));
  expect(await withSchema(...chain)).toContain("a column is nested 33 deep");
});

test("a column called __proto__ is a column like any other", async () => {
  const { columns, rows } = await parseTableFile(
    "a.parquet",
    file(2, {}, numbersPage([7, 8]), { name: "__proto__" }),
  );
  expect(columns).toEqual(["__proto__"]);
  expect(rows.map((row) => Object.entries(row))).toEqual([[["__proto__", 7]], [["__proto__", 8]]]);
});

test("decimals are read up to 256 bytes, whether in pages or in statistics", async () => {
  const element = (bytes: number) => ({ 1: FIXED, 2: bytes, 6: DECIMAL, 7: 0, 8: 30 });
  const ofBytes = (bytes: number) =>
    file(
      1,
      element(bytes),
      dataPage(
        1,
        0,
        zeros(bytes)
          .fill(0, 0, bytes - 1)
          .fill(5, bytes - 1),
      ),
    );
  expect((await parseTableFile("a.parquet", ofBytes(16))).rows).toEqual([{ a: 5 }]);
  expect(await refusal(ofBytes(300_000))).toContain('"a" has a decimal of 300,000 bytes');
  const long = zeros(2_000_000).fill(0x7f);
  const page = dataPage(1, 0, zeros(16).fill(0, 0, 15).fill(5, 15));
  const statistics = { 5: long, 6: long };
  const { rows } = await parseTableFile("a.parquet", file(1, element(16), page, { statistics }));
  expect(rows).toEqual([{ a: 5 }]);
});

test("JSON in a column is nested at most 100 deep", async () => {
  const element = { 1: BYTE_ARRAY, 6: JSON_TEXT };
  const of = (text: string) =>
    file(1, element, dataPage(1, 0, join([u32(text.length), ascii(text)])));
  expect((await parseTableFile("a.parquet", of('{"b":[1]}'))).rows).toEqual([{ a: { b: [1] } }]);
  expect(await refusal(of("[".repeat(100_000) + "]".repeat(100_000)))).toContain(
    "JSON nested more than 100 deep",
  );
});

test("row groups are read up to 30,000, and more are refused before any is looked at", async () => {
  const column: ParquetColumn = { name: "a", pages: [numbersPage([7])], values: 1 };
  const groups = (n: number) => Array.from({ length: n }, () => ({ rows: 1n, columns: [column] }));
  const { rows } = await parseTableFile("a.parquet", parquetBytes(3000n, groups(3000)));
  expect(rows).toHaveLength(3000);
  expect(rows[2999]).toEqual({ a: 7 });
  expect(await refusal(parquetBytes(31_000n, groups(31_000)))).toContain(
    "its row groups are cut into 31,000 or more parts; at most 30,000 are read",
  );
});

test("a page that unpacks to another size than it claims is refused", async () => {
  const packed = gzipSync(join([7, 8].map(u32)));
  for (const claimed of [7, 9, 1_000_000]) {
    const page = dataPage(2, 0, packed, claimed);
    expect(await refusal(file(2, {}, page, { codec: "gzip" }))).toContain(
      "cannot be read as Parquet",
    );
  }
  const honest = file(2, {}, dataPage(2, 0, packed, 8), { codec: "gzip" });
  expect((await parseTableFile("a.parquet", honest)).rows).toEqual([{ a: 7 }, { a: 8 }]);
});

test("a text that a dictionary holds once counts for every row that refers to it", async () => {
  const text = "x".repeat(100_000);
  const words = join([u32(text.length), ascii(text)]);
  const packed = gzipSync(words);
  const dictionary = join([
    struct({ 1: 2, 2: words.length, 3: packed.length, 7: { 1: 1, 2: 0 } }),
    packed,
  ]);
  const indices = join([Uint8Array.of(1), run(1000, 0)]);
  const page = dataPage(1000, 8, gzipSync(indices), indices.length);
  const element = { 1: BYTE_ARRAY, 6: 0 };
  const bytes = file(1000, element, page, { pages: [dictionary, page], codec: "gzip" });
  expect(await refusal(bytes)).toMatch(/its \d+ bytes hold more than 32,\d{3},\d{3} characters/);
});

test("lengths and offsets in snappy are unsigned: none leads back into what was read", async () => {
  const values = join([7, 8].map(u32));
  const snappy = (...parts: Uint8Array[]) => {
    const packed = join([Uint8Array.of(8), ...parts]);
    return file(2, {}, dataPage(2, 0, packed, 8), { codec: "snappy" });
  };
  // A literal's tag holds its length minus 1, or 63 where four bytes behind it do.
  const literal = (bytes: Uint8Array) => join([Uint8Array.of((bytes.length - 1) << 2), bytes]);
  const fourBytes = (length: number) => join([Uint8Array.of(63 << 2), u32(length - 1), values]);
  for (const parts of [literal(values), fourBytes(8)]) {
    const { rows } = await parseTableFile("a.parquet", snappy(parts));
    expect(rows).toEqual([{ a: 7 }, { a: 8 }]);
  }
  expect(await refusal(snappy(fourBytes(2 ** 32 - 9)))).toContain(
    "a page unpacks to more than the 8 bytes it claims",
  );
  // A copy of four bytes: tag, then how far back they lie.
  const copy = (offset: number) => join([Uint8Array.of((3 << 2) | 3), u32(offset)]);
  const half = literal(values.subarray(0, 4));
  const { rows } = await parseTableFile("a.parquet", snappy(half, copy(4)));
  expect(rows).toEqual([{ a: 7 }, { a: 7 }]);
  expect(await refusal(snappy(half, copy(2 ** 32 - 4)))).toContain(
    "a page repeats bytes from before its beginning",
  );
});
