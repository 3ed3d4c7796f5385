import { expect, test } from "vitest";
import { parseTable } from "./table.ts";

const rows = [
  { text: "A warm film", label: 1 },
  { text: 'A "dull" {mess}', label: 0 },
];

test.each([
  ["a list under a name", { data: rows }],
  ["a list beside other facts", { version: "1.1", data: rows, count: 2 }],
  ["a list under any name, where it is the only one", { reviews: rows, sizes: [1, 2] }],
  ["the usual name before others", { licenses: [{ name: "MIT" }], examples: rows }],
  ["columns as lists", { text: rows.map(({ text }) => text), label: rows.map((r) => r.label) }],
  [
    "columns keyed by row, as pandas writes them",
    {
      text: Object.fromEntries(rows.map(({ text }, i) => [i, text])),
      label: Object.fromEntries(rows.map(({ label }, i) => [i, label])),
    },
  ],
])("rows are found inside one JSON object: %s", (_, value) => {
  for (const [name, space] of [
    ["a.json", 0],
    ["a.json", 2],
    ["a.jsonl", 0],
    ["pasted", 1],
  ] as const) {
    const table = parseTable(name, `${JSON.stringify(value, null, space)}\n`);
    expect(table.rows).toEqual(rows);
    expect(table.format).toBe("json");
    expect(table.rowNumbers).toEqual([1, 2]);
  }
});

test("objects over several lines, one after another, are rows by their order", () => {
  const text = rows.map((row) => JSON.stringify(row, null, 1)).join("\n");
  for (const joined of [text, text.replaceAll("}\n{", "}{"), text.replaceAll("}\n{", "}\n\n{")]) {
    const table = parseTable("a.jsonl", joined);
    expect(table).toMatchObject({ format: "jsonl", rows, rowNumbers: [1, 2], problems: [] });
  }
});

test("a broken object among several lines is named by its place in the text", () => {
  const text =
    '{\n "text": "x",\n "label": 1\n}\n{\n "text": "y"\n "label": 0\n}\n{\n "text": "z"\n}';
  const table = parseTable("a.jsonl", text);
  expect(table.rowNumbers).toEqual([1, 3]);
  expect(table.problems.map(({ message }) => message)).toEqual([
    'Row 2 is not valid JSON: expected "," or "}" at line 3, column 2, near "label": 0.',
  ]);
});

test("a single object without rows inside is one row, if it stands on one line", () => {
  expect(parseTable("a.jsonl", '{"text": "x", "label": 1}').rows).toEqual([
    { text: "x", label: 1 },
  ]);
  expect(() => parseTable("a.json", '{\n "text": "x",\n "label": 1\n}')).toThrow(
    '"a.json" holds an object, not a list of rows.',
  );
});

test("a row nested more than 100 deep is a problem, and the others stay", () => {
  const deep = `{"text": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const table = parseTable("a.jsonl", `{"text": "x"}\n${deep}\n{"text": "y"}`);
  expect(table.rowNumbers).toEqual([1, 3]);
  expect(table.problems[0]?.message).toBe("Row 2 has values nested more than 100 deep.");
});

test("strings of any length that never close are judged in linear time", () => {
  const text = `{"a": 1\n${'"\\'.repeat(2_000_000)}`;
  const start = performance.now();
  expect(() => parseTable("a.json", text)).toThrow("is not valid JSON");
  expect(performance.now() - start).toBeLessThan(2000);
});
