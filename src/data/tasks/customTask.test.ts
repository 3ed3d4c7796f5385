import { expect, test } from "vitest";
import { encodeTable } from "../examples/encode.ts";
import { parseTable } from "../formats/table.ts";
import { customSample } from "./customTask.ts";
import type { CustomTask, Row } from "./task.ts";

const CHOICE: CustomTask = {
  kind: "multiple choice",
  template: "{question}",
  labelColumn: "answer",
  optionColumns: ["a1", "a2"],
  labels: [],
  words: [],
  bos: 2,
  maxLength: 64,
};
const ROW = { question: "Which is red?", a1: "grass", a2: "blood", answer: "blood" };

test.each([
  ["the option's own text", "blood"],
  ["its column's name", "a2"],
  ["its place from 0", 1],
  ["a letter", "B"],
])("the right one of several options may be given by %s", (_how, answer) => {
  const { prompt, options, right } = customSample(CHOICE, { ...ROW, answer });
  expect([prompt, options, right]).toEqual(["Which is red?", [" grass", " blood"], [1]]);
});

/** Nothing around a text but a first token, as OPT's tokenizer has it. */
const frame = { before: [2], between: [2], after: [] };

test("an option behind white space has no space of its own", () => {
  const { options } = customSample({ ...CHOICE, template: "{question}\n" }, ROW);
  expect(options).toEqual(["grass", "blood"]);
});

test.each<[Row, string]>([
  [{ ...ROW, answer: 2 }, '"2" names none of the options'],
  [{ ...ROW, a2: "" }, 'There is no option in "a2".'],
])("a row of multiple choice like %j is refused with a sentence", (row, sentence) => {
  expect(() => customSample(CHOICE, row)).toThrow(sentence);
});

test("an answer to be written ends with the line break that ends writing, and all are right", () => {
  const spec: CustomTask = { ...CHOICE, kind: "generation", template: "Q: {question}\nA:" };
  const sample = customSample(spec, { ...ROW, answer: ["blood", "fire"] });
  expect(sample).toEqual({
    prompt: "Q: Which is red?\nA:",
    options: [" blood\n"],
    right: [0],
    golds: ["blood", "fire"],
  });
});

test("multiple choice without two columns of options is refused once", () => {
  const table = parseTable("a.jsonl", JSON.stringify(ROW));
  const encode = (optionColumns: readonly string[]) =>
    encodeTable({ encode: () => [1], frame }, { ...CHOICE, optionColumns }, table);
  expect(() => encode(["a1"])).toThrow("needs at least 2 columns with options; 1 is chosen.");
  expect(() => encode(["a1", "a3"])).toThrow('There is no column "a3" with options.');
});
