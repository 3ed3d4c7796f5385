import { expect, test } from "vitest";
import {
  dictionaryPage,
  numbersPage,
  type ParquetColumn,
  parquetBytes,
  secondVersionPage,
} from "../testing/parquetBytes.ts";
import { parquetCodecs } from "./parquetPages.ts";
import { parseTableFile } from "./tableFile.ts";

const column = (page: Uint8Array, more: Partial<ParquetColumn> = {}): ParquetColumn => ({
  name: "label",
  pages: [page],
  values: 2,
  ...more,
});
const honest = column(numbersPage([7, 8]));
const file = (...columns: ParquetColumn[]) => parquetBytes(2n, [{ rows: 2n, columns }]);

const refusal = async (bytes: Uint8Array<ArrayBuffer>) =>
  parseTableFile("a.parquet", bytes).then(
    () => "read",
    (error: unknown) => String(error),
  );

test("an honest file of either version of pages is read", async () => {
  for (const page of [numbersPage([7, 8]), secondVersionPage([7, 8])]) {
    const { rows } = await parseTableFile("a.parquet", file(column(page)));
    expect(rows).toEqual([{ label: 7 }, { label: 8 }]);
  }
});

test("every page of a long file is looked at where it lies", async () => {
  const padding = numbersPage([], { packed: new Uint8Array(5_000_000) });
  const long = (name: string, last: Uint8Array) => column(last, { name, pages: [padding, last] });
  const [a, b] = [long("a", numbersPage([1, 2])), long("b", numbersPage([3, 4]))];
  const { rows } = await parseTableFile("a.parquet", file(a, b, honest));
  expect(rows).toEqual([
    { a: 1, b: 3, label: 7 },
    { a: 2, b: 4, label: 8 },
  ]);
  expect(await refusal(file(a, b, long("c", numbersPage([5, 6], { values: 3 }))))).toContain(
    'the pages of "c" have more values than it claims to have',
  );
});

test("row groups that do not add up to the rows of the file are refused", async () => {
  const groups = (...rows: bigint[]) => rows.map((n) => ({ rows: n, columns: [honest] }));
  expect(await refusal(parquetBytes(1n, groups(10n ** 9n)))).toBe(
    'ZerothError: "a.parquet" cannot be read as Parquet (its row groups have 1,000,000,000 rows, but ' +
      "it claims 1). Save it anew with snappy, gzip or zstd, or as JSONL.",
  );
  expect(await refusal(parquetBytes(2n, groups(3n, -1n)))).toContain(
    "the number of rows of row group 2 should be a whole number",
  );
  expect(await refusal(parquetBytes(-2n, groups(2n)))).toContain(
    "its number of rows should be a whole number",
  );
  expect(await refusal(parquetBytes(10n ** 9n, groups(10n ** 9n)))).toContain(
    '"a.parquet" has 1,000,000,000 rows; at most 1,000,000 are read. Take a part.',
  );
});

test("a column that is not a list has no more values than its row group has rows", async () => {
  expect(await refusal(file(column(numbersPage([7, 8]), { values: 3 })))).toContain(
    '"label" has 3 values for 2 rows',
  );
  expect(await refusal(file(column(numbersPage([7, 8]), { values: -1 })))).toContain(
    'the number of values of "label" should be a whole number',
  );
});

test("more values than memory has room for are refused before a page is read", async () => {
  const columns = Array.from({ length: 126 }, (_, i) =>
    column(numbersPage([7]), { name: `c${i}`, values: 1_000_000 }),
  );
  const bytes = parquetBytes(1_000_000n, [{ rows: 1_000_000n, columns }]);
  expect(await refusal(bytes)).toContain(
    '"a.parquet" describes 126,000,000 values in 8,012 bytes; at most 2,128,192 are read. Take a part.',
  );
});

test("a thousand columns are read, and one more is refused by the schema", async () => {
  const wide = (width: number) =>
    file(...Array.from({ length: width }, (_, i) => ({ ...honest, name: `c${i}` })));
  const { columns } = await parseTableFile("a.parquet", wide(1000));
  expect(columns).toHaveLength(1000);
  expect(await refusal(wide(1001))).toBe(
    'ZerothError: "a.parquet" has 1,001 columns; at most 1,000 are read. Is each row keyed by its ' +
      "id? Give all rows the same columns.",
  );
});

test("a column that stands twice in a row group is refused: it would be unpacked twice", async () => {
  expect(await refusal(file(honest, honest))).toContain('row group 1 has column "label" twice');
});

test("columns that do not fit into their file are refused, each of them and all together", async () => {
  expect(await refusal(file({ ...honest, packedBytes: 2n ** 40n }))).toContain(
    "its columns do not fit into its 119 bytes",
  );
  const columns = [0, 1, 2].map((i) => ({ ...honest, name: `c${i}`, packedBytes: 90n }));
  expect(await refusal(file(...columns))).toMatch(/its columns do not fit into its \d+ bytes/);
});

test("pages are bounded by what their column claims, whatever they claim themselves", async () => {
  const claims = (page: Uint8Array) => refusal(file(column(page)));
  expect(await claims(numbersPage([7, 8], { values: 2 ** 31 - 1 }))).toContain(
    'the pages of "label" have more values than it claims to have',
  );
  expect(await claims(numbersPage([7, 8], { values: -1 }))).toContain(
    'the number of values of a page of "label" should be a whole number',
  );
  expect(await claims(dictionaryPage(2 ** 31 - 1))).toContain(
    'a dictionary of "label" has more entries than bytes',
  );
  for (const more of [{ nulls: 3 }, { rows: 3 }, { levelBytes: 9 }]) {
    expect(await claims(secondVersionPage([7, 8], more))).toContain(
      'a page of "label" contradicts itself',
    );
  }
  expect(await claims(secondVersionPage([7, 8], { nulls: -1 }))).toContain(
    'the number of nulls of a page of "label" should be a whole number',
  );
});

test("a page that claims to unpack to more than any page has is refused", async () => {
  const page = numbersPage([7, 8], { unpackedBytes: 256_000_001 });
  expect(await refusal(file(column(page, { codec: "snappy" })))).toContain(
    "a page claims to have 256,000,001 bytes",
  );
});

test("pages that together unpack to far more than their file are refused before one is unpacked", async () => {
  const page = numbersPage([], { unpackedBytes: 256_000_000 });
  const column = { name: "label", pages: [page, page, page, page], values: 2 };
  expect(await refusal(file({ ...column, codec: "snappy" }))).toContain(
    "its 171 bytes unpack to more than 64,017,100",
  );
});

test.each(["SNAPPY", "GZIP", "ZSTD"] as const)("no room is made for a huge page of %s", (codec) => {
  expect(() => parquetCodecs[codec](new Uint8Array(8), 256_000_001)).toThrow(
    "a page claims to have 256,000,001 bytes",
  );
});
