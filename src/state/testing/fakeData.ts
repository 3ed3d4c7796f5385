import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { SplitName, SplitRules } from "#data/examples/splits.ts";
import type { TaskChoice } from "#data/tasks/choices.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { Command, EngineEvent } from "#session/protocol.ts";
import type { DataReport } from "#session/reports.ts";

/** What a scripted engine says of rows. Plausible, not measured: for tests and previews only. */
export const fakeTask: TaskSpec = {
  kind: "classification",
  template: "{text} It was",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" terrible", " great"],
  bos: 2,
  maxLength: 512,
};

const sst2: TaskSpec = {
  ...fakeTask,
  task: "SST2",
  template: "{sentence} It was",
  labels: ["negative", "positive"],
  maxLength: 2048,
};

const copa: TaskSpec = {
  ...sst2,
  kind: "multiple choice",
  task: "Copa",
  template: "{premise} so (or because) {choice1} | {choice2}",
  labels: [],
  words: [],
};

const fakeRules: SplitRules = {
  trainRows: 1000,
  devRows: 200,
  testRows: 200,
  dataSeed: 0,
  secondFile: "test",
  duplicates: "keep",
  leaks: "keep",
  empty: "keep",
  long: "cut",
  foreign: "drop",
};

function choice(
  id: string,
  title: string,
  fit: TaskChoice["fit"],
  task: TaskSpec,
  missing: readonly string[] = [],
): TaskChoice {
  const columns = "task" in task ? [...missing, "label"] : [];
  return { id, title, kind: task.kind, fit, missing, columns, task };
}

const OWN = choice("own", "Own task: template, words and columns as you like", "fits", fakeTask);
const SST2 = "SST-2: is the review good or bad?";
const COPA = choice("Copa", "COPA: which is the cause or the effect?", "misfit", copa, [
  "premise",
  "choice1",
  "choice2",
  "question",
]);

export const fakeData: DataReport = {
  trainName: "reviews.jsonl",
  devName: "reviews.jsonl (held out)",
  testName: "reviews.jsonl (final test)",
  format: "jsonl",
  columns: ["text", "label", "stars"],
  trainRows: 1000,
  devRows: 200,
  testRows: 200,
  partRows: { train: 1002, dev: 200, test: 200 },
  isStored: false,
  fileNames: ["reviews.jsonl"],
  split:
    "1,000 rows of reviews.jsonl are trained on. 200 others are held out, to watch training on. " +
    "200 more are kept for the test at the end. Drawn at random with data seed 0; of a short file, " +
    "a fifth is held out and a fifth kept for the test.",
  task: fakeTask,
  rules: fakeRules,
  chosenRules: {},
  notes: [],
  choices: [OWN, choice("SST2", SST2, "misfit", sst2, ["sentence"]), COPA],
  labelCounts: [
    { label: "0", train: 482, dev: 97, test: 101 },
    { label: "1", train: 518, dev: 103, test: 99 },
  ],
  problems: [
    {
      sentence:
        "2 rows of reviews.jsonl are left out (first: row 217). Label “neutral” has no word. " +
        "The labels are 0, 1.",
      count: 2,
      rows: [217, 404].map((row) => ({
        part: "train",
        row,
        note: "Label “neutral” has no word.",
      })),
      rule: "foreign",
    },
    {
      sentence:
        "12 rows of reviews.jsonl are longer than 512 tokens; the beginning of the text is cut, " +
        "its end and the word stay. Longest: row 31, 811 tokens.",
      count: 12,
      rows: Array.from({ length: 12 }, (_, i) => ({
        part: "train" as const,
        row: 31 + 7 * i,
        note: `${811 - 20 * i} tokens`,
      })),
      rule: "long",
    },
  ],
  warnings: [],
  tokenCounts: { min: 9, median: 27, max: 512 },
  tokenLengths: {
    barWidth: 50,
    maxLength: 512,
    longest: 811,
    cutRows: 12,
    rows: 1000,
    counts: [118, 305, 231, 120, 82, 51, 33, 22, 14, 9, 3, 6, 2, 1, 1, 1, 1],
  },
  blockers: [],
};

/** A file whose columns leave no doubt: SST-2's. */
export const fakeSst2: DataReport = {
  ...fakeData,
  trainName: "train.tsv",
  devName: "train.tsv (held out)",
  testName: "dev.tsv",
  format: "tsv",
  columns: ["sentence", "label"],
  devRows: 500,
  testRows: 872,
  partRows: { train: 1000, dev: 500, test: 872 },
  fileNames: ["train.tsv", "dev.tsv"],
  split:
    "1,000 rows of train.tsv are trained on. 500 of train.tsv are held out, to watch training on. " +
    "872 of dev.tsv are kept for the test at the end. Drawn at random with data seed 0, as in MeZO.",
  task: sst2,
  rules: { ...fakeRules, devRows: 500, testRows: 872 },
  choices: [choice("SST2", SST2, "recognised", sst2), OWN, COPA],
  problems: [],
};

const TEXTS = [
  ["a gripping, beautifully shot film that earns its tears .", "1"],
  ["two hours of my life that no one will give back .", "0"],
  ["smart , funny and over far too soon .", "1"],
] as const;

/** The row at a place of a part, the same few over and over. */
export function fakePreview(part: SplitName, index: number): RowPreview {
  const [text, label] = TEXTS[index % TEXTS.length] ?? TEXTS[0];
  const prompt = `${text} It was`.split(/(?= )/);
  const option = (word: string, of: string) => ({
    text: word,
    label: of,
    isRight: of === label,
    cut: 0,
    tokens: [
      { text: "</s>", role: "bos" as const },
      ...prompt.map((token) => ({ text: token, role: "prompt" as const })),
      { text: word, role: "scored" as const },
    ],
  });
  return {
    part,
    index,
    count: fakeData.partRows[part],
    row: index + 1,
    problem: null,
    values: [
      { name: "text", text },
      { name: "label", text: label },
      { name: "stars", text: label === "1" ? "5" : "1" },
    ],
    options: [option(" terrible", "0"), option(" great", "1")],
  };
}

type RowCommand = Extract<Command, { type: "openData" | "setTask" | "setRules" | "previewRow" }>;

/** Rows that are open, and what is said of them after each command. */
export class FakeRows {
  readonly #opened: DataReport;
  #data: DataReport;

  constructor(opened: DataReport = fakeData) {
    this.#opened = opened;
    this.#data = opened;
  }

  answer(command: RowCommand): EngineEvent {
    switch (command.type) {
      case "openData":
        this.#data = this.#opened;
        break;
      case "setTask":
        this.#data = { ...this.#data, task: command.task };
        break;
      case "setRules": {
        const rules = { ...fakeRules, ...command.rules };
        this.#data = { ...this.#data, rules, chosenRules: command.rules };
        break;
      }
      case "previewRow":
        return { type: "rowPreview", preview: fakePreview(command.part, command.index) };
      default:
        command satisfies never;
    }
    return { type: "data", data: this.#data };
  }
}
