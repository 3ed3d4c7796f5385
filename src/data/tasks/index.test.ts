import { expect, test } from "vitest";
import { checkData } from "../examples/checkData.ts";
import { encodeOptions, encodeTable } from "../examples/encode.ts";
import { defaultRules } from "../examples/splits.ts";
import { parseTable } from "../formats/table.ts";
import type { TextEncoderLike } from "../tokenizer/encodeText.ts";
import { builtInTask, recogniseTask, taskDefinition, taskDefinitions } from "./index.ts";
import type { Table, TaskId } from "./task.ts";

const LIMITS = { bos: 2, maxLength: 64 } as const;

/** A word with its space in front is one token; ids count up as words are met. */
function wordTokenizer(): TextEncoderLike & { tokenText(id: number): string } {
  const words: string[] = ["<s>", "<pad>", "</s>", "<unk>"];
  return {
    frame: { before: [2], between: [2], after: [] },
    encode: (text) =>
      (text.match(/ ?[^\s-]+|[\s-]/g) ?? []).map((word) => {
        if (!words.includes(word)) words.push(word);
        return words.indexOf(word);
      }),
    tokenText: (id) => words[id] ?? "?",
  };
}

function jsonl(...rows: readonly object[]): Table {
  return parseTable("a.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
}

function encode(id: TaskId, ...rows: readonly object[]) {
  return encodeTable(wordTokenizer(), builtInTask(id, LIMITS), jsonl(...rows), "evaluation");
}

const pair = { premise: "P.", hypothesis: "H", idx: 0 };
const asked = { passage: "P.", question: "q", idx: 0 };

/** Each task's files: SuperGLUE's or GLUE's own, then Hugging Face's where it has other columns. */
const files: readonly (readonly [TaskId, Table])[] = [
  ["SST2", parseTable("dev.tsv", "sentence\tlabel\na fine film \t1\n")],
  ["SST2", jsonl({ idx: 0, sentence: "dull ", label: 0 })],
  ["RTE", jsonl({ ...pair, label: "not_entailment" })],
  ["RTE", parseTable("dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tA.\tB.\tentailment\n")],
  ["CB", jsonl({ ...pair, label: "entailment" }, { ...pair, label: "neutral" })],
  ["BoolQ", jsonl({ ...asked, label: true })],
  ["BoolQ", jsonl({ passage: "P.", question: "q", answer: false })],
  ["WSC", jsonl({ text: "T", target: { span1_text: "a", span2_text: "b" }, label: true })],
  ["WSC", jsonl({ text: "T", span1_text: "a", span2_text: "b", span1_index: 0, label: 1 })],
  ["WIC", jsonl({ word: "w", sentence1: "a", sentence2: "b", start1: 0, label: false })],
  ["MultiRC", jsonl({ idx: 0, version: 1.1, passage: { text: "P", questions: [] } })],
  ["MultiRC", jsonl({ paragraph: "P", question: "q", answer: "a", label: 0 })],
  ["Copa", jsonl({ premise: "P.", choice1: "a", choice2: "b", question: "cause", label: 0 })],
  ["ReCoRD", jsonl({ source: "s", passage: { text: "P", entities: [] }, qas: [], idx: 0 })],
  ["ReCoRD", jsonl({ passage: "P", query: "q", entities: ["a"], answers: ["a"] })],
  ["SQuAD", jsonl({ id: "1", title: "T", context: "C", question: "q", answers: { text: ["a"] } })],
  ["DROP", jsonl({ passage: "P", question: "q", answers_spans: { spans: ["1"] } })],
  [
    "MNLI",
    parseTable(
      "d.tsv",
      "index\tgenre\tsentence1\tsentence2\tgold_label\n0\tfiction\ta\tb\tneutral",
    ),
  ],
  ["QNLI", parseTable("dev.tsv", "index\tquestion\tsentence\tlabel\n0\tq?\ts\tentailment\n")],
  ["QNLI", jsonl({ question: "q", sentence: "S", label: 0, idx: 0 })],
  ["CoLA", parseTable("in_domain_dev.tsv", "source\tlabel\tstar\tsentence\ngj04\t1\t\tIt is.\n")],
  ["MRPC", parseTable("dev.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t1\t2\ta\tb\n")],
];

test.each(files)("a file of %s is recognised as that and as nothing else", (id, table) => {
  expect(taskDefinitions.filter((task) => task.recognise(table)).map((task) => task.id)).toEqual([
    id,
  ]);
  expect(recogniseTask(table)?.id).toBe(id);
});

test("every task has a file above", () => {
  expect(new Set(files.map(([id]) => id))).toEqual(new Set(taskDefinitions.map(({ id }) => id)));
});

test.each([
  ["CoLA or any judgement on sentences", { sentence: "He runs.", label: 1, idx: 0 }],
  ["RTE or a part of MNLI", { ...pair, label: 1 }],
  ["MRPC, RTE or WNLI", { sentence1: "a", sentence2: "b", label: 0, idx: 0 }],
  ["reviews", { text: "good", label: 1 }],
  ["SNLI", { sentence1: "a", sentence2: "b", gold_label: "neutral", pairID: "1" }],
  ["SST-2 with labels of another kind", { sentence: "good", label: "4" }],
  ["questions without an answer", { passage: "p", question: "q" }],
])("a table that may be %s is left to the person", (_doubt, row) => {
  expect(recogniseTask(jsonl(row))).toBeNull();
});

test("a table without rows is no task's", () => {
  const empty: Table = { ...jsonl({ ...asked, label: true }), rows: [], rowNumbers: [] };
  expect(recogniseTask(empty)).toBeNull();
});

test("a task is found by its name, whatever its case", () => {
  expect(taskDefinition("sst2").id).toBe("SST2");
  expect(taskDefinition("COPA").id).toBe("Copa");
  expect(() => taskDefinition("SST-2")).toThrow(
    'There is no task "SST-2". Choose one of SST2, RTE, CB, BoolQ, WSC, WIC, MultiRC, Copa, ReCoRD, ' +
      "SQuAD, DROP, MNLI, QNLI, CoLA, MRPC.",
  );
});

test("only CB and COPA keep fewer rows to judge by than MeZO's 500", () => {
  const small = taskDefinitions.filter(({ sizes }) => sizes.dev !== 500);
  expect(small.map(({ id, sizes }) => [id, sizes.dev])).toEqual([
    ["CB", 100],
    ["Copa", 100],
  ]);
});

test("COPA, ReCoRD, SQuAD and DROP train on the right answer's tokens, the others on a choice", () => {
  const alone = taskDefinitions.filter(({ kind }) => kind !== "classification");
  expect(alone.map(({ id }) => id)).toEqual(["Copa", "ReCoRD", "SQuAD", "DROP"]);
});

test.each<[TaskId, object, string]>([
  ["RTE", { ...pair, label: "neutral" }, 'Label "neutral" is none of this task\'s: '],
  ["RTE", { ...pair, label: -1 }, 'There is no label in "label".'],
  ["RTE", pair, 'There is no label in "label".'],
  ["RTE", { ...pair, premise: null, label: 0 }, '"premise" is null.'],
  ["RTE", { ...pair, premise: 7, label: 0 }, '"premise" is 7, not a text.'],
  ["WSC", { text: "T", target: { span1_text: "a" }, label: 1 }, 'The row has no "span2_text".'],
  [
    "Copa",
    { premise: "P.", choice1: "a", choice2: "b", question: "why", label: 0 },
    '"question" is "why"; it should be cause or effect.',
  ],
  [
    "ReCoRD",
    { passage: "P", query: "q", entities: ["Al"], answers: ["Bo"] },
    'The answer "Bo" is none of the article\'s names.',
  ],
  [
    "ReCoRD",
    { passage: "P", query: "q", entities: ["Al"] },
    'There is no right answer in "answers".',
  ],
  [
    "SQuAD",
    { title: "T", context: "C", question: "q", answers: { text: [] } },
    'There is no right answer in "answers".',
  ],
  [
    "DROP",
    { passage: "P", question: "q", answers_spans: { spans: [1] } },
    'An entry of "spans" is',
  ],
  ["MultiRC", { passage: { text: "P", questions: "none" } }, '"questions" holds no list.'],
])("a row of %s with %j is a problem with a sentence", (id, row, sentence) => {
  const { examples, problems } = encode(id, row);
  expect(examples).toEqual([]);
  expect(problems.map(({ row: number, message }) => [number, message])).toEqual([
    [1, expect.stringContaining(`Row 1: ${sentence}`)],
  ]);
});

test("a file without a task's columns is refused once, by the columns it needs", () => {
  expect(() => encode("RTE", { text: "x", label: 0 })).toThrow(
    "RTE needs the columns premise, hypothesis or sentence1, sentence2, and label; " +
      "the columns are text, label. Choose the task that fits the file.",
  );
});

test("generation leaves 50 tokens to write, so a shorter example than that is refused", () => {
  const spec = builtInTask("DROP", { bos: 2, maxLength: 51 });
  expect(() => encodeTable(wordTokenizer(), spec, jsonl({ passage: "P", question: "q" }))).toThrow(
    "The longest example may have 51 tokens. Give a whole number of at least 52.",
  );
});

test("a row to predict needs no label", () => {
  const options = encodeOptions(wordTokenizer(), builtInTask("BoolQ", LIMITS), asked);
  expect(options.map(({ optionLength }) => optionLength)).toEqual([1, 1]);
});

function inspect(id: TaskId, train: readonly object[], dev: readonly object[]) {
  return checkData({
    parts: {
      train: { ...jsonl(...train), name: "train.jsonl" },
      dev: { ...jsonl(...dev), name: "dev.jsonl" },
      test: { ...jsonl({}), rows: [], rowNumbers: [] },
    },
    rules: { ...defaultRules, trainRows: 1000, devRows: 500, testRows: 1000 },
    spec: builtInTask(id, LIMITS),
    tokenizer: wordTokenizer(),
  });
}

test("a paragraph of MultiRC makes an example of every answer", () => {
  const answers = [
    { text: "so", label: 1 },
    { text: "not so", label: 0 },
  ];
  const row = { passage: { text: "P", questions: [{ question: "q", answers }] } };
  const { summary: facts, train, dev } = inspect("MultiRC", [row], [{ ...asked, ...row }]);
  expect(train.map(({ row: index, answer }) => [index, answer])).toEqual([
    [0, 1],
    [0, 0],
  ]);
  expect(dev).toHaveLength(2);
  expect(facts.blockers).toEqual([]);
  expect(facts.labelCounts).toEqual([
    { label: "false", train: 1, dev: 1, test: 0 },
    { label: "true", train: 1, dev: 1, test: 0 },
  ]);
  expect(facts.problems.map(({ sentence }) => sentence)).toEqual([
    expect.stringContaining("2 validation or test examples also occur in training"),
  ]);
});

test("COPA is looked over without labels: training has the right choice, evaluation both", () => {
  const row = { premise: "It rained.", choice1: "We left", choice2: "I sang", question: "effect" };
  const other = { ...row, choice2: "I stayed" };
  const {
    summary: facts,
    train,
    dev,
  } = inspect("Copa", [{ ...row, label: 1 }], [{ ...other, label: 0 }]);
  expect(train.map(({ options }) => options.length)).toEqual([1]);
  expect(dev.map(({ options }) => options.length)).toEqual([2]);
  expect(facts.labelCounts).toEqual([]);
  expect(facts.blockers).toEqual([]);
  expect([facts.warnings, facts.problems]).toEqual([[], []]);
});

test("a file that is not the task's blocks training with the reason", () => {
  const { summary: facts } = inspect("Copa", [{ text: "x", label: 0 }], [{ text: "y" }]);
  expect(facts.blockers).toEqual([expect.stringContaining("Copa needs the columns premise")]);
});
