import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseTable } from "../formats/table.ts";
import { guessTask } from "../tasks/guess.ts";
import type { Row, TaskSpec } from "../tasks/task.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import { encodeExample, encodeOptions, encodeTable } from "./encode.ts";

function readFixture(path: string): string {
  return readFileSync(new URL(`../../../test/fixtures/${path}`, import.meta.url), "utf8");
}

const tokenizer = loadTokenizer(
  new Map(
    ["vocab.json", "merges.txt"].map((name) => [name, readFixture(`opt-tiny-pre-ln/${name}`)]),
  ),
);

const SPEC: TaskSpec = {
  kind: "classification",
  template: "{text} It was",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" terrible", " great"],
  bos: 2,
  maxLength: 512,
};

const reviews = parseTable("reviews.jsonl", readFixture("reviews.jsonl"));

/** `[[ids, optionLength], …]`, the form in which the reference prints them. */
function options(template: string, words: readonly string[], row: Row) {
  return encodeOptions(tokenizer, { ...SPEC, template, words }, row).map((option) => [
    option.ids,
    option.optionLength,
  ]);
}

// The numbers in this file come from Hugging Face's tokenizers (Python, 0.23.2), with MeZO's rule:
//   t = Tokenizer(models.BPE.from_file("vocab.json", "merges.txt"))
//   t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
//   tok = lambda text: [2] + t.encode(text, add_special_tokens=False).ids
//   prompt = template.format(**{k: v.strip() if isinstance(v, str) else v for k, v in row.items()})
//   ids = tok((prompt + word).lstrip().strip(" ")); length = len(ids) - len(tok(prompt.strip(" ")))
// and of all rows: sha256(json.dumps([[ids, length], ...], separators=(",", ":")))
test("all reviews have the ids and option lengths that Python gives them", () => {
  const { examples, problems } = encodeTable(tokenizer, SPEC, reviews);
  expect(problems).toEqual([]);
  expect(examples).toHaveLength(64);
  expect(examples[2]).toEqual({
    row: 2,
    answer: 0,
    options: [
      { ids: [2, 313, 406, 263, 378, 607, 267, 442, 306, 497], optionLength: 1 },
      { ids: [2, 313, 406, 263, 378, 607, 267, 442, 306, 492], optionLength: 1 },
    ],
  });
  const all = examples.flatMap((example) =>
    example.options.map((option) => [option.ids, option.optionLength]),
  );
  expect(createHash("sha256").update(JSON.stringify(all)).digest("hex")).toBe(
    "4cb7bed3a68d7fc4752ea71696b545e0ceb0ced0978d322431b95988f845db5e",
  );
});

test("the task guessed for the reviews is the one their expected losses were made with", () => {
  expect(guessTask(reviews)).toEqual(SPEC);
});

test("words after a line break have no space, and may be several tokens", () => {
  expect(options("{text}\nIs it good?\n", ["Yes", "No"], { text: " dull " })).toEqual([
    [[2, 71, 302, 79, 202, 44, 86, 290, 323, 82, 82, 71, 34, 202, 60, 72, 86], 3],
    [[2, 71, 302, 79, 202, 44, 86, 290, 323, 82, 82, 71, 34, 202, 49, 82], 2],
  ]);
});

test("a space at the end of the prompt becomes part of the word's token", () => {
  expect(options("{text} ", ["terrible", "great"], { text: "dull" })).toEqual([
    [[2, 71, 302, 79, 497], 1],
    [[2, 71, 302, 79, 492], 1],
  ]);
});

test("Python's whitespace is stripped, a byte order mark is not, nor a word's last space kept", () => {
  const row = { text: "\u0085 dull\x1f\ufeff" };
  expect(options("{text} It was", [" terrible ", " great"], row)).toEqual([
    [[2, 71, 302, 79, 223, 175, 123, 127, 442, 306, 497], 1],
    [[2, 71, 302, 79, 223, 175, 123, 127, 442, 306, 492], 1],
  ]);
});

test("an empty text leaves the rest of the template, without its space in front", () => {
  expect(options("{text} It was", [" terrible", " great"], { text: "" })).toEqual([
    [[2, 441, 306, 497], 1],
    [[2, 441, 306, 492], 1],
  ]);
});

test("numbers and booleans stand in the prompt as Python writes them", () => {
  const row = { text: "dull", n: 7, b: true };
  expect(options("{text}: {n} {b}", [" terrible", " great"], row)).toEqual([
    [[2, 71, 302, 79, 29, 224, 26, 224, 55, 315, 72, 497], 1],
    [[2, 71, 302, 79, 29, 224, 26, 224, 55, 315, 72, 492], 1],
  ]);
});

// Python's option lengths here: [1, 0] and [0, 1].
test.each([
  ["{text} i", ["ng", "t"], "the film", "t"],
  ["{text}", ["", "s"], "dull", ""],
])("in %j with words %j, a word that adds no token is a problem", (template, words, text, word) => {
  const spec = { ...SPEC, template, words };
  expect(encodeExample(tokenizer, spec, { text, label: 0 }, 8)).toEqual({
    row: 9,
    code: "E-DATA-3",
    message: `Row 9: The word "${word}" adds no token to this row's text, so nothing could be scored.`,
  });
});

test("a long row loses its beginning and keeps BOS, and its full length is told", () => {
  const spec: TaskSpec = { ...SPEC, bos: 0, maxLength: 5 };
  const { examples, uncutLengths } = encodeTable(tokenizer, spec, reviews);
  expect(uncutLengths.slice(0, 3)).toEqual([23, 16, 10]);
  expect(examples[2]?.options).toEqual([
    { ids: [0, 267, 442, 306, 497], optionLength: 1 },
    { ids: [0, 267, 442, 306, 492], optionLength: 1 },
  ]);
});

test("a word that would be cut is a problem", () => {
  const spec = { ...SPEC, template: "{text}\n", words: ["Yes", "No"], maxLength: 3 };
  expect(encodeExample(tokenizer, spec, { text: "dull", label: 0 }, 0)).toEqual({
    row: 1,
    code: "E-DATA-5",
    message: 'Row 1: The word "Yes" is 3 tokens; with 3 at most, it would be cut.',
  });
});

test.each([
  [1, ["0", "1"], 1],
  ["1 ", ["0", "1"], 1],
  [1.0, ["0", "1"], 1],
  [true, ["false", "true"], 1],
  [false, ["False", "True"], 0],
  ["pos", ["neg", " pos "], 1],
])("label %j among %j is answer %i", (label, labels, answer) => {
  const example = encodeExample(tokenizer, { ...SPEC, labels }, { text: "dull", label }, 0);
  expect(example).toHaveProperty("answer", answer);
});

test.each<[Row, string]>([
  [
    { text: "x", label: "neutral" },
    'E-DATA-3 Row 4: Label "neutral" has no word. The labels are 0, 1.',
  ],
  [{ text: "x" }, 'E-DATA-2 Row 4: There is no label in "label".'],
  [{ text: "x", label: null }, 'E-DATA-2 Row 4: There is no label in "label".'],
  [{ text: "x", label: " " }, 'E-DATA-2 Row 4: There is no label in "label".'],
  [{ label: 1 }, 'E-DATA-2 Row 4: The row has no "text".'],
  [{ text: null, label: 1 }, 'E-DATA-2 Row 4: "text" is null.'],
])("row %j is a problem with a sentence", (row, sentence) => {
  const found = encodeExample(tokenizer, SPEC, row, 3);
  expect("code" in found ? `${found.code} ${found.message}` : found).toBe(sentence);
});

test("every row of a table is an example or a problem, named as the file counts", () => {
  const table = parseTable("a.jsonl", 'bad\n{"text": "x", "label": 7}\n{"text": "y", "label": 1}');
  const { examples, problems } = encodeTable(tokenizer, SPEC, table);
  expect(problems.map((problem) => problem.row)).toEqual([2]);
  expect(examples.map((example) => example.row)).toEqual([1]);
});

test("a table without the columns of the task is refused once, not row by row", () => {
  const table = parseTable("a.jsonl", '{"body": "x", "label": 1}');
  expect(() => encodeTable(tokenizer, SPEC, table)).toThrow("The template asks for {text}");
});

test("a row to predict needs no label, and one without text is refused", () => {
  expect(encodeOptions(tokenizer, SPEC, { text: "dull" })).toHaveLength(2);
  expect(() => encodeOptions(tokenizer, SPEC, {})).toThrow('The row has no "text".');
});
