import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseTable } from "../formats/table.ts";
import { parseTableFile } from "../formats/tableFile.ts";
import { guessTask } from "../tasks/guess.ts";
import type { CustomTask, Table } from "../tasks/task.ts";
import type { TextEncoderLike } from "../tokenizer/encodeText.ts";
import { checkData, type DataSummary, tokenLengths } from "./checkData.ts";
import { defaultRules, type SplitRules } from "./splits.ts";

/** A word with its space in front is one token; ids count up as words are met. */
function wordTokenizer(): TextEncoderLike {
  const words: string[] = ["<s>", "<pad>", "</s>", "<unk>"];
  return {
    frame: { before: [2], between: [2], after: [] },
    encode: (text) =>
      (text.match(/ ?[^\s-]+|[\s-]/g) ?? []).map((word) => {
        if (!words.includes(word)) words.push(word);
        return words.indexOf(word);
      }),
  };
}

const SPEC: CustomTask = {
  kind: "classification",
  template: "{text} It was",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" terrible", " great"],
  bos: 2,
  maxLength: 512,
};

function table(name: string, rows: readonly unknown[]): Table {
  return parseTable(name, rows.map((row) => JSON.stringify(row)).join("\n"));
}

const DEV = table("dev.jsonl", [{ text: "held out", label: 1 }]);

const NONE: Table = { ...DEV, name: "", rows: [], rowNumbers: [] };
const RULES: SplitRules = { ...defaultRules, trainRows: 1000, devRows: 500, testRows: 1000 };

function inspect(
  rows: readonly unknown[],
  spec: Partial<CustomTask> = {},
  dev: Table = DEV,
  rules: Partial<SplitRules> = {},
) {
  return checkData({
    parts: { train: table("train.jsonl", rows), dev, test: NONE },
    spec: { ...SPEC, ...spec },
    rules: { ...RULES, ...rules },
    tokenizer: wordTokenizer(),
  });
}

/** Everything said of the rows: troubles with single ones, then what concerns them all. */
function told({ problems: troubles, warnings }: DataSummary): readonly string[] {
  return [...troubles.map(({ sentence }) => sentence), ...warnings];
}

const GOOD_ROWS = [
  { text: "a fine film", label: 1 },
  { text: "dull", label: 0 },
  { text: "not bad at all", label: 1 },
  { text: "no", label: 0 },
];

test("rows without fault raise no warning and no blocker, and are counted by label", () => {
  const { summary: facts, train, dev } = inspect(GOOD_ROWS);
  expect(told(facts)).toEqual([]);
  expect(facts.blockers).toEqual([]);
  expect(facts.trainRows).toBe(4);
  expect(facts.devRows).toBe(1);
  expect(facts.labelCounts).toEqual([
    { label: "0", train: 2, dev: 0, test: 0 },
    { label: "1", train: 2, dev: 1, test: 0 },
  ]);
  expect(train).toHaveLength(4);
  expect(dev).toHaveLength(1);
});

test("tokens are counted per row, the middle of an even number being the mean of two", () => {
  // BOS + text + "It was" + one word: 7, 5, 8 and 5 tokens.
  expect(inspect(GOOD_ROWS).summary.tokenCounts).toEqual({ min: 5, median: 6, max: 8 });
});

test("rows left out are counted by reason and listed with their numbers", () => {
  const { summary: facts } = inspect([
    ...GOOD_ROWS,
    { text: "x", label: "neutral" },
    { label: 1 },
    7,
    { text: "y", label: "neutral" },
  ]);
  expect(facts.problems.map(({ rows, rule }) => [rows.map(({ row }) => row), rule])).toEqual([
    [[7], undefined],
    [[5, 8], "foreign"],
    [[6], undefined],
  ]);
  expect(facts.trainRows).toBe(4);
  expect(told(facts)).toEqual([
    "1 row of train.jsonl is left out as unreadable (first: row 7). " +
      "Row 7 is the number 7, not an object with columns.",
    '2 rows of train.jsonl are left out (first: row 5). Label "neutral" has no word. ' +
      "The labels are 0, 1.",
    '1 row of train.jsonl is left out (first: row 6). The row has no "text".',
  ]);
  expect(facts.labelCounts.at(-1)).toEqual({ label: "neutral", train: 2, dev: 0, test: 0 });
});

test("of very many problems the first thousand are listed, and the rest is counted", () => {
  const rows = Array.from({ length: 1200 }, () => ({ text: "x", label: 7 }));
  const { summary: facts } = inspect([...GOOD_ROWS, ...rows]);
  const [trouble] = facts.problems;
  expect([trouble?.count, trouble?.rows.length]).toEqual([1200, 1000]);
});

test("rows longer than the limit are counted, with the longest", () => {
  const { summary: facts } = inspect(GOOD_ROWS, { maxLength: 6 });
  expect(told(facts)).toContain(
    "2 rows of train.jsonl are longer than 6 tokens; the beginning of the text is cut, its end " +
      "and the word stay. Longest: row 3, 8 tokens.",
  );
  expect(facts.tokenCounts.max).toBe(6);
});

test("validation and test examples that also occur in training are counted", () => {
  const dev = table("dev.jsonl", [
    { text: "new", label: 1 },
    { text: " dull ", label: 0 },
  ]);
  expect(told(inspect(GOOD_ROWS, {}, dev).summary)).toEqual([
    "1 validation or test example also occurs in training (first: row 2 is row 2 there), " +
      "so the reported accuracy is higher than on new texts.",
  ]);
});

test("repeated texts are counted, and those with contrary labels said", () => {
  const rows = [...GOOD_ROWS, { text: "dull", label: 0 }, { text: "a fine film", label: 0 }];
  expect(told(inspect(rows).summary)).toEqual([
    "2 rows of train.jsonl repeat the text of an earlier one, 1 with another label " +
      "(first: row 5 repeats row 2).",
  ]);
});

test("rows with a label and no text are counted", () => {
  expect(told(inspect([...GOOD_ROWS, { text: " \n", label: 0 }]).summary)).toEqual([
    "1 row of train.jsonl has no text in text (first: row 5), but a label.",
  ]);
});

test("a label that most rows have is said with its share, and one that none has", () => {
  const rows = Array.from({ length: 9 }, (_, i) => ({ text: `film ${i}`, label: 1 }));
  expect(told(inspect([...rows, { text: "dull", label: 0 }]).summary)).toEqual([
    '90 % of the training rows have label "1"; always answering it already gives 90 %.',
  ]);
  expect(told(inspect(rows).summary)).toContain('No training row has label "0".');
});

test("words that begin with the same token or differ in length cause a warning", () => {
  const { summary: facts } = inspect(GOOD_ROWS, { words: [" ill", " ill-made"] });
  expect(told(facts)).toEqual([
    'Words " ill" and " ill-made" begin with the same token; they are distinguished by what follows it only.',
    'The words have different numbers of tokens (" ill" 1, " ill-made" 3); ' +
      "their mean losses per token are compared.",
  ]);
  expect(facts.blockers).toEqual([]);
});

test("without a validation set there is a warning", () => {
  const { summary: facts } = inspect(GOOD_ROWS, {}, { ...DEV, rows: [], rowNumbers: [] });
  expect(told(facts)).toEqual([
    "There is no validation set, so learning cannot be distinguished from memorising.",
  ]);
  expect(facts.blockers).toEqual([]);
});

test.each<[string, Partial<CustomTask>]>([
  ["There are 2 labels and 1 words. Give every label one word.", { words: [" a"] }],
  ['Label "1" has no word. Give it one.', { words: [" terrible", " "] }],
  ["The task has 1 label; 2 to 64 are needed", { labels: ["0"], words: [" terrible"] }],
  ['Label "0" is listed twice.', { labels: ["0", "0"] }],
  ['There is no label column "class". Choose one of text, label.', { labelColumn: "class" }],
  ["No column is chosen as the label.", { labelColumn: "" }],
  ["The template asks for {body}, but the columns are {text}, {label}.", { template: "{body}" }],
  ['a "{" at character 1', { template: "{text It was" }],
  ["are the same tokens, so their labels cannot be distinguished.", { words: [" good", " good"] }],
  ["None of the 4 training rows can be used. Row 1: Label", { labels: ["a", "b"] }],
  ["The longest example may have 1 tokens.", { maxLength: 1 }],
])("a task that cannot be trained is blocked: %s", (sentence, spec) => {
  const { summary: facts } = inspect(GOOD_ROWS, spec);
  expect(facts.blockers).toHaveLength(1);
  expect(facts.blockers[0]).toContain(sentence);
});

test("a validation set without the columns of the task is named by its file", () => {
  const dev = table("dev.jsonl", [{ body: "x", label: 1 }]);
  expect(inspect(GOOD_ROWS, {}, dev).summary.blockers[0]).toMatch(
    /^dev\.jsonl: The template asks for/,
  );
});

const DOUBTFUL = [
  ...GOOD_ROWS,
  { text: "dull", label: 0 },
  { text: "held out", label: 1 },
  { text: " ", label: 1 },
  { text: "one two three four five six", label: 0 },
];

test.each<[Partial<SplitRules>, number]>([
  [{}, 8],
  [{ duplicates: "drop" }, 7],
  [{ leaks: "drop" }, 7],
  [{ empty: "drop" }, 7],
  [{ long: "drop" }, 7],
  [{ duplicates: "drop", leaks: "drop", empty: "drop", long: "drop" }, 4],
])("with the rules %j, %i of eight rows are trained on", (rules, expected) => {
  const { summary: facts, train, tables } = inspect(DOUBTFUL, { maxLength: 8 }, DEV, rules);
  expect([facts.trainRows, train.length, tables.train.rows.length]).toEqual(
    Array.from({ length: 3 }, () => expected),
  );
  // Each is told all the same, with its row.
  expect(facts.problems.map(({ rule, count }) => [rule, count])).toEqual([
    ["long", 1],
    ["empty", 1],
    ["duplicates", 1],
    ["leaks", 1],
  ]);
  // What is left is what the examples name.
  const texts = train.map(({ row }) => tables.train.rows[row]?.["text"]);
  expect(texts.slice(0, 3)).toEqual(["a fine film", "dull", "not bad at all"]);
});

test("labels without a word can prevent training instead of being left out", () => {
  const rows = [...GOOD_ROWS, { text: "x", label: "neutral" }];
  expect(inspect(rows, {}, DEV, { foreign: "drop" }).summary.blockers).toEqual([]);
  expect(inspect(rows, {}, DEV, { foreign: "stop" }).summary.blockers).toEqual([
    expect.stringMatching(
      /^1 row of train\.jsonl is left out.*The rule for such labels is to stop\.$/,
    ),
  ]);
});

test("lengths are counted in bars of a round width, with those that are cut", () => {
  const lengths = tokenLengths([3, 9, 10, 11, 47, 240], 40);
  expect(lengths.barWidth).toBe(10);
  expect(lengths.counts.slice(0, 6)).toEqual([2, 2, 0, 0, 1, 0]);
  expect(lengths.counts.reduce((a, b) => a + b)).toBe(6);
  expect([lengths.longest, lengths.cutRows, lengths.rows]).toEqual([240, 2, 6]);
});

test("without rows there is nothing to count", () => {
  expect(tokenLengths([], 40)).toMatchObject({ longest: 0, cutRows: 0, rows: 0 });
});

test.each([
  ["utf16.csv", "{text} It was", "label", ["0", "1"], [" terrible", " great"]],
  ["float-labels.csv", "{text} It was", "label", ["0", "1"], [" terrible", " great"]],
  ["bool-labels.csv", "{text} It was", "label", ["false", "true"], [" terrible", " great"]],
  [
    "spaced-labels.csv",
    "{text} It was",
    "label",
    ["negative", "positive"],
    [" terrible", " great"],
  ],
  [
    "cols-review-sentiment.csv",
    "{Review} It was",
    "Sentiment",
    ["Negative", "Positive"],
    [" terrible", " great"],
  ],
  ["data.json", "{text} It was", "label", ["0", "1"], [" terrible", " great"]],
  ["pretty.jsonl", "{text} It was", "label", ["0", "1"], [" terrible", " great"]],
  ["messages.jsonl", "{prompt}", "completion", ["bad", "great"], [" bad", " great"]],
  ["prompt-completion.jsonl", "{prompt}", "completion", ["bad", "great"], [" bad", " great"]],
  ["instruction.jsonl", "{prompt}", "output", ["bad", "great"], [" bad", " great"]],
])(
  "%s is read whole, and trains on every row with the task guessed",
  async (name, template, labelColumn, labels, words) => {
    const path = new URL(`../../../test/fixtures/tables/${name}`, import.meta.url);
    const table = await parseTableFile(name, new Uint8Array(readFileSync(path)));
    expect(table.rows).toHaveLength(12);
    expect(table.problems).toEqual([]);
    const task = guessTask(table);
    expect(task).toMatchObject({ kind: "classification", template, labelColumn, labels, words });
    const { summary } = checkData({
      parts: { train: table, dev: NONE, test: NONE },
      spec: task,
      rules: RULES,
      tokenizer: wordTokenizer(),
    });
    expect(summary).toMatchObject({ trainRows: 12, problems: [], blockers: [] });
    expect(summary.labelCounts.map(({ train }) => train)).toEqual([6, 6]);
  },
);
