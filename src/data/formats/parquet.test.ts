import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { memorySource } from "./byteSource.ts";
import { parseParquet } from "./parquet.ts";
import { parseTableFile } from "./tableFile.ts";

// Written with pyarrow 25.0.1, one file a codec:
//   table = pa.table({"text": ["fine film", "poor “one”\n", None], "label": pa.array([1, 0, -1], pa.int64()),
//     "big": pa.array([1, 2**53 + 1, None], pa.int64()), "sure": [True, False, None],
//     "score": pa.array([0.5, float("nan"), 2.25]), "tags": [["a", "b"], [], None],
//     "about": [{"id": 7, "by": "x"}, {"id": 8, "by": None}, None],
//     "day": pa.array([datetime.date(2020, 2, 29)] * 3), "raw": pa.array([b"\xff\x00", b"ok", None])})
//   pq.write_table(table, f"rows.{codec}.parquet", compression=codec)
async function fixture(codec: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(`../../../test/fixtures/parquet/rows.${codec}.parquet`, import.meta.url);
  return new Uint8Array(await readFile(url));
}

test.each(["none", "snappy", "gzip", "zstd"])(
  "rows packed with %s are read as plain values",
  async (codec) => {
    const table = await parseTableFile("rows.parquet", await fixture(codec));
    expect(table.format).toBe("parquet");
    expect(table.columns).toEqual([
      "text",
      "label",
      "big",
      "sure",
      "score",
      "tags",
      "about",
      "day",
      "raw",
    ]);
    expect(table.rowNumbers).toEqual([1, 2, 3]);
    expect(table.rows[0]).toMatchObject({
      text: "fine film",
      label: 1,
      big: 1,
      sure: true,
      score: 0.5,
      tags: ["a", "b"],
      about: { id: 7, by: "x" },
      day: "2020-02-29T00:00:00.000Z",
    });
    expect(table.rows[1]).toMatchObject({ text: "poor “one”\n", label: 0, tags: [], raw: "ok" });
    expect(table.rows[2]).toMatchObject({ text: null, label: -1, sure: null, about: null });
  },
);

test("a whole number beyond 2^53 keeps its digits, as text", async () => {
  const { rows } = await parseTableFile("rows.parquet", await fixture("snappy"));
  expect(rows[1]?.["big"]).toBe("9007199254740993");
});

test("the content decides, not the name; a Blob is read in pieces", async () => {
  const blob = new Blob([await fixture("snappy")]);
  expect((await parseTableFile("rows.csv", blob)).format).toBe("parquet");
  const text = new Blob(['{"text":"a"}\n']);
  expect((await parseTableFile("rows.parquet", text)).format).toBe("jsonl");
});

test("several files are one table with rows counted through", async () => {
  const source = memorySource("a", await fixture("snappy"));
  const table = await parseParquet("org/set train", [source, source]);
  expect(table.rowNumbers).toEqual([1, 2, 3, 4, 5, 6]);
});

test("an unsupported codec is named", async () => {
  await expect(parseTableFile("rows.parquet", await fixture("brotli"))).rejects.toMatchObject({
    code: "E-DATA-8",
    message: expect.stringMatching(/BROTLI.*Save it anew with snappy/),
  });
});

test("a file cut or changed anywhere is read or refused with a message", async () => {
  const whole = await fixture("zstd");
  for (let at = 4; at < whole.length; at += 37) {
    const bent = whole.slice();
    bent[at] = (bent[at] ?? 0) ^ 0xff;
    for (const bytes of [whole.slice(0, at), bent]) {
      const outcome = await parseTableFile("rows.parquet", bytes).catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ code: expect.stringMatching(/^E-DATA-[89]$/) });
      }
    }
  }
});
