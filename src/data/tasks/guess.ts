import { listOf, quote } from "#base/text.ts";
import { usesScoreHead, withScoreHead } from "./scoreHead.ts";
import type { CustomTask, Row, Table, TaskSpec } from "./task.ts";
import { canonicalLabel, labelText } from "./template.ts";

/** A column with more values has no labels: every option of every row takes a pass through the model. */
export const MAX_LABELS = 64;

/**
 * Guesses a task from the names and values of the columns, for a person to check: by name first, then by values. If
 * no column looks like a label, `labelColumn` is empty; if the label column has more than 64 values, `labels` is.
 */
export function guessTask(table: Table): CustomTask {
  const limits = { bos: 2, maxLength: 512 } as const;
  const completion = COMPLETIONS.find((columns) =>
    columns.every((column) => table.columns.includes(column)),
  );
  if (completion !== undefined) return { ...completionTask(table, ...completion), ...limits };
  const pair = PAIRS.find(({ columns }) => columns.every((name) => findColumn(table, [name])));
  const text = pair === undefined ? findColumn(table, TEXT_NAMES) : undefined;
  const texts = pair?.columns.map((name) => findColumn(table, [name])) ?? [text];
  const labelColumn = findColumn(table, LABEL_NAMES) ?? fewestValues(table, texts);
  const labels = labelColumn === undefined ? [] : labelsOf(table, labelColumn);
  const prompt =
    pair === undefined
      ? promptOfText(text ?? longestColumn(table, labelColumn), labels)
      : promptOfPair(pair, texts, labels);
  return { kind: "classification", ...prompt, labelColumn: labelColumn ?? "", labels, ...limits };
}

/** The parts of a task that a person has set. */
export type GivenTask = Partial<Pick<CustomTask, "template" | "labelColumn" | "labels" | "words">>;

/** The guessed task with the parts that a person has set; parts that depend on them are guessed again. */
export function guessWith(table: Table, given: GivenTask): CustomTask {
  const guessed = guessTask(table);
  const { template, labelColumn, labels, words } = given;
  const isOtherColumn = labelColumn !== undefined && labelColumn !== guessed.labelColumn;
  // Labels and words are those of a classification, whatever the columns look like.
  const isCompletion = guessed.kind === "generation" && labels === undefined && words === undefined;
  const task: CustomTask = isCompletion ? guessed : { ...guessed, kind: "classification" };
  const columned = isOtherColumn ? withLabelColumn(task, table, labelColumn) : task;
  const labelled =
    labels === undefined
      ? columned
      : { ...columned, labels, words: promptOfText(undefined, labels).words };
  return {
    ...labelled,
    ...(template !== undefined && { template }),
    ...(words !== undefined && { words }),
  };
}

/** Describes a task in a sentence: the columns it reads, and how. */
export function describeTask(task: TaskSpec): string {
  if ("task" in task) return `The columns are those of ${task.task}.`;
  const { kind, template, labelColumn, labels, words } = task;
  const text = `Guessed from the columns: template ${quote(template)}`;
  if (kind === "generation") return `${text}, trained on the text in column ${quote(labelColumn)}.`;
  if (labelColumn === "") return `${text}; no column looks like a label.`;
  const wordList = words.length === 0 ? "" : `, words ${listOf(words, 8)}`;
  return `${text}, labels ${listOf(labels, 8)} in column ${quote(labelColumn)}${wordList}.`;
}

/** Columns of prompts and completions. `withPrompts` may have made `prompt` from others. */
const COMPLETIONS: readonly (readonly [string, string])[] = [
  ["prompt", "completion"],
  ["prompt", "output"],
  ["prompt", "response"],
];

/** Longer texts are answers, not labels. */
const LONGEST_LABEL = 60;

/** A classification if completions are few and repeat, with the completions as words; else a generation task. */
function completionTask(
  table: Table,
  prompt: string,
  column: string,
): Pick<CustomTask, "kind" | "template" | "labelColumn" | "labels" | "words"> {
  const template = place(prompt);
  const labels = labelsOf(table, column);
  const areLabels =
    labels.length >= 2 &&
    labels.length <= table.rows.length / 2 &&
    labels.every((label) => label.length <= LONGEST_LABEL && !label.includes("\n"));
  if (!areLabels)
    return { kind: "generation", template, labelColumn: column, labels: [], words: [] };
  const written = new Map<string, string>();
  for (const row of table.rows) {
    const text = Object.hasOwn(row, column) ? labelText(row[column]) : null;
    if (text !== null && !written.has(canonicalLabel(text)))
      written.set(canonicalLabel(text), text);
  }
  const words = labels.map((label) => ` ${written.get(label) ?? label}`);
  return { kind: "classification", template, labelColumn: column, labels, words };
}

/**
 * Labels and words for the values of another column; the rest of the task stays. A task without a
 * template gets the one that fits the table: a prompt, or for a score head the texts alone.
 */
export function withLabelColumn(task: CustomTask, table: Table, labelColumn: string): CustomTask {
  const labels = labelsOf(table, labelColumn);
  if (task.template === "") {
    const { template, words } = guessTask(table);
    const guessed = { ...task, labelColumn, labels, template, words };
    return usesScoreHead(task) ? withScoreHead(guessed) : guessed;
  }
  if (usesScoreHead(task)) return { ...task, labelColumn, labels };
  return { ...task, labelColumn, labels, words: promptOfText(undefined, labels).words };
}

interface Prompt {
  readonly template: string;
  readonly words: readonly string[];
}

const TEXT_NAMES = ["text", "sentence", "review", "content", "comment", "tweet", "body"];
const LABEL_NAMES = ["label", "labels", "target", "class", "answer", "sentiment"];

/** Two text columns and a question about them. */
interface Pair {
  readonly columns: readonly [string, string];
  /** `{0}` and `{1}` are the columns, `{choice}` the list of answers. */
  readonly template: string;
  /** What a label 0 means in the data sets with these columns. */
  readonly zero: "Yes" | "No";
}

// MeZO's prompts for RTE and BoolQ, and their like for the columns of other GLUE tasks. GLUE does not
// use 0 consistently: it is "entailment" in QNLI and SuperGLUE's RTE, "not the same" in MRPC and QQP.
const PAIRS: readonly Pair[] = [
  {
    columns: ["premise", "hypothesis"],
    template: '{0}\nDoes this mean that "{1}" is true?{choice}\n',
    zero: "Yes",
  },
  { columns: ["passage", "question"], template: "{0} {1}?\n", zero: "No" },
  {
    columns: ["sentence", "question"],
    template: '{0}\nDoes this answer the question "{1}"?{choice}\n',
    zero: "Yes",
  },
  {
    columns: ["sentence1", "sentence2"],
    template: '{0}\nDoes this mean that "{1}" is true?{choice}\n',
    zero: "No",
  },
  {
    columns: ["question1", "question2"],
    template: '{0}\nDoes this ask the same as "{1}"?{choice}\n',
    zero: "No",
  },
];

const YES = ["yes", "true", "entailment", "equivalent", "duplicate", "paraphrase"];
const NO = ["no", "false", "not_entailment", "contradiction", "not_equivalent", "not_duplicate"];
const MAYBE = ["maybe", "neutral", "unknown"];

const BAD = ["negative", "neg", "false", "bad", "no"];
const GOOD = ["positive", "pos", "true", "good", "yes"];

function promptOfText(column: string | undefined, labels: readonly string[]): Prompt {
  const text = column === undefined ? "" : place(column);
  const sentiment = sentimentWords(labels);
  if (sentiment !== null) return { template: `${text} It was`, words: sentiment };
  return { template: `${text} It is about`, words: labels.map((label) => ` ${label}`) };
}

/** MeZO's words for SST-2 where the labels look like its own; null where they do not. */
function sentimentWords(labels: readonly string[]): readonly string[] | null {
  const [first = "", second = ""] = labels;
  const isPair = labels.length === 2;
  // Two numbers: 0 and 1, -1 and 1, or 1 and 2 as in Yelp's and Amazon's reviews. More is better.
  if (isPair && /^-?\d$/.test(first) && /^\d$/.test(second)) return [" terrible", " great"];
  const words = labels.map((label) => {
    const name = label.toLowerCase();
    if (BAD.includes(name)) return " terrible";
    if (GOOD.includes(name)) return " great";
    return name === "neutral" ? " okay" : null;
  });
  const known = words.filter((word) => word !== null);
  return labels.length >= 2 && new Set(known).size === labels.length ? known : null;
}

/** As MeZO's, the prompt ends in a line break, so words carry no space. */
function promptOfPair(
  pair: Pair,
  texts: readonly (string | undefined)[],
  labels: readonly string[],
): Prompt {
  const answers = yesNoWords(pair, labels);
  const known = answers?.includes("Maybe") ? " Yes, No, or Maybe?" : " Yes or No?";
  const choice = answers === null ? "" : known;
  const template = pair.template.replace(/\{(\w+)\}/g, (_slot, key: string) =>
    key === "choice" ? choice : place(texts[Number(key)]),
  );
  return { template, words: answers ?? labels };
}

function yesNoWords(pair: Pair, labels: readonly string[]): readonly string[] | null {
  if (labels.join() === "0,1") return pair.zero === "Yes" ? ["Yes", "No"] : ["No", "Yes"];
  const words = labels.map((label) => {
    const name = label.toLowerCase();
    if (YES.includes(name)) return "Yes";
    if (NO.includes(name)) return "No";
    return MAYBE.includes(name) ? "Maybe" : null;
  });
  const known = words.filter((word) => word !== null);
  return labels.length >= 2 && new Set(known).size === labels.length ? known : null;
}

/** The first of these names that is a column, ignoring case. */
function findColumn(table: Table, names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = table.columns.find((column) => column.trim().toLowerCase() === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The column with the fewest values, if they are at least two and repeat like labels do. */
function fewestValues(table: Table, texts: readonly (string | undefined)[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MAX_LABELS, table.rows.length / 2);
  for (const column of table.columns) {
    const count = texts.includes(column) ? 0 : distinct(table.rows, column).size;
    if (count < 2 || count > fewest || (best !== undefined && count === fewest)) continue;
    best = column;
    fewest = count;
  }
  return best;
}

function longestColumn(table: Table, labelColumn: string | undefined): string | undefined {
  let best: string | undefined;
  let longest = -1;
  for (const column of table.columns) {
    if (column === labelColumn) continue;
    // A hundred rows are enough.
    const length = table.rows.slice(0, 100).reduce((sum, row) => sum + textLength(row, column), 0);
    if (length > longest) [best, longest] = [column, length];
  }
  return best;
}

function textLength(row: Row, column: string): number {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return typeof value === "string" ? value.length : 0;
}

/** The values of a label column in order, numbers by size; none if there are too many. */
function labelsOf(table: Table, column: string): readonly string[] {
  const labels = [...distinct(table.rows, column)];
  if (labels.length > MAX_LABELS) return [];
  const areNumbers = labels.every((label) => Number.isFinite(Number(label)));
  if (areNumbers) return labels.sort((a, b) => Number(a) - Number(b));
  return labels.sort((a, b) => (a < b ? -1 : 1));
}

/** The distinct labels in a column, at most one more than `MAX_LABELS`. */
function distinct(rows: readonly Row[], column: string): ReadonlySet<string> {
  const values = new Set<string>();
  for (const row of rows) {
    const label = Object.hasOwn(row, column) ? labelText(row[column]) : null;
    if (label !== null) values.add(canonicalLabel(label));
    if (values.size > MAX_LABELS) break;
  }
  return values;
}

/** The placeholder of a column in a template. */
function place(column: string | undefined): string {
  return `{${column ?? ""}}`;
}
