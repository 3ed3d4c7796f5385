import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { count } from "#base/text.ts";
import { defaultRules, defaultSplitSizes } from "./examples/splits.ts";
import { parseTable } from "./formats/table.ts";
import {
  MAX_CHARACTERS,
  refuseManyColumns,
  refuseManyRows,
  refuseManyValues,
} from "./formats/tableLimits.ts";
import { defaultSizes } from "./tasks/definition.ts";
import { guessTask, MAX_LABELS } from "./tasks/guess.ts";
import { taskDefinitions } from "./tasks/index.ts";
import { MAX_NEW_TOKENS } from "./tasks/task.ts";

const text = readFileSync(new URL("../../docs/data.md", import.meta.url), "utf8");
/** Without the spaces that align the tables, and without line breaks. */
const plain = text.replace(/\s+/g, " ");

test("docs/data.md lists every built-in task with its columns and words", () => {
  for (const { id, kind, columns, labelColumn, words, sizes } of taskDefinitions) {
    const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
    const answers = words.length === 0 ? "from the row" : code(words);
    const row = [id, kind, columns.map(code).join("; or "), code([labelColumn]), answers];
    expect(plain).toContain(`| ${[...row, sizes.dev].join(" | ")} |`);
  }
});

test("docs/data.md states the limits of tables", () => {
  const limitOf = (unit: string) => {
    const [, found = ""] = new RegExp(`([\\d,]+) ${unit}`).exec(plain) ?? [];
    return Number(found.replaceAll(",", ""));
  };
  const limits = [
    [refuseManyRows, limitOf("rows, 1,000 columns")],
    [refuseManyColumns, limitOf("columns, 40,000,000")],
    [refuseManyValues, limitOf("values, ")],
  ] as const;
  for (const [refuse, limit] of limits) {
    expect(limit).toBeGreaterThan(0);
    expect(() => refuse("a", limit)).not.toThrow();
    expect(() => refuse("a", limit + 1)).toThrow(`at most ${count(limit)} are read`);
  }
  expect(limitOf("characters of text")).toBe(MAX_CHARACTERS);
  expect(plain).toContain(`more than ${MAX_LABELS} values has no labels`);
  expect(plain).toContain(`at most ${MAX_NEW_TOKENS} tokens`);
});

test("docs/data.md names the columns that are taken for text and label", () => {
  const namesIn = (start: string) => {
    const [, list = ""] =
      new RegExp(`\\*\\*${start}\\*\\*: the first column called ([^;.]*)`).exec(plain) ?? [];
    return [...list.split(", whatever")[0]!.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  };
  const [texts, labels] = [namesIn("Text"), namesIn("Label")];
  expect([texts.length, labels.length]).toEqual([7, 6]);
  for (const column of texts) {
    const row = { longer: "a long text that is none", [column]: "a", label: 1 };
    expect(guessTask(parseTable("a.jsonl", JSON.stringify(row))).template).toContain(`{${column}}`);
  }
  for (const column of labels) {
    const rows = [1, 0].map((label) => ({ text: "a", [column]: label }));
    expect(guessTask(parseTable("a.json", JSON.stringify(rows))).labelColumn).toBe(column);
  }
});

test("docs/data.md says how many rows of one file become which set", () => {
  const table = (n: number) =>
    parseTable("a.json", JSON.stringify(Array.from({ length: n }, (_, id) => ({ id }))));
  const sizes = (n: number) =>
    defaultSplitSizes({ train: table(n), second: null, third: null }, defaultSizes, {
      isBuiltIn: false,
      secondFile: defaultRules.secondFile,
    });
  const { trainRows, devRows, testRows } = sizes(100);
  expect(plain).toContain(`100 rows make ${trainRows}, ${devRows} and ${testRows}.`);
  expect(sizes(10_000)).toEqual({ trainRows: 1000, devRows: 500, testRows: 1000 });
  expect(plain).toContain("1,000 training, 500 validation and 1,000 test examples");
});

test("docs/data.md names every list of rows that an object may hold", () => {
  const [, list = ""] = /also (.*?)\); columns/.exec(plain) ?? [];
  const names = [...list.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  expect(names).toHaveLength(6);
  for (const name of ["data", ...names]) {
    const value = { [name]: [{ text: "a" }], other: [{ text: "b" }] };
    expect(parseTable("a.json", JSON.stringify(value)).rows).toEqual([{ text: "a" }]);
  }
});
