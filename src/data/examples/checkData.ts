import { ZerothError } from "#base/errors.ts";
import { plural, quote } from "#base/text.ts";
import { rowLabel } from "../tasks/customTask.ts";
import { MAX_LABELS } from "../tasks/guess.ts";
import { usesScoreHead } from "../tasks/scoreHead.ts";
import type { CustomTask, EncodedExample, EncodedOption, Table, TaskSpec } from "../tasks/task.ts";
import { canonicalLabel } from "../tasks/template.ts";
import type { TextEncoderLike } from "../tokenizer/encodeText.ts";
import { pickRows } from "./batches.ts";
import { checkTask, encodeTable } from "./encode.ts";
import { type Purpose, textLimits } from "./encodeSample.ts";
import {
  type DataProblem,
  dataWarnings,
  type EncodedPart,
  type EncodedParts,
  findProblems,
} from "./problems.ts";
import type { SplitRules, Splits } from "./splits.ts";

/** Summary of the data before training. Rows are numbered as in `RowProblem`. */
export interface DataSummary {
  readonly trainName: string;
  readonly devName: string;
  readonly testName: string;
  readonly format: Table["format"];
  readonly columns: readonly string[];
  /** Usable examples, after the rules. */
  readonly trainRows: number;
  readonly devRows: number;
  readonly testRows: number;
  readonly task: TaskSpec;
  readonly rules: SplitRules;
  /** Usable examples per label of the task, then examples with other labels. */
  readonly labelCounts: readonly LabelCount[];
  /** Odd examples, and what happens to them. */
  readonly problems: readonly DataProblem[];
  readonly warnings: readonly string[];
  /** Tokens per usable training example (longest option, with BOS, after cutting); 0 without examples. */
  readonly tokenCounts: { readonly min: number; readonly median: number; readonly max: number };
  /** The same before cutting. */
  readonly tokenLengths: TokenLengths;
  /** Why training cannot start; empty if it can. */
  readonly blockers: readonly string[];
}

export interface LabelCount {
  readonly label: string;
  readonly train: number;
  readonly dev: number;
  readonly test: number;
}

/** The summary with the encoded examples, so that tables are encoded once. */
export interface CheckedData {
  readonly summary: DataSummary;
  /** The rows after the rules, usable or not. */
  readonly tables: Splits;
  readonly train: readonly EncodedExample[];
  readonly dev: readonly EncodedExample[];
  readonly test: readonly EncodedExample[];
}

/**
 * Encodes the sets and reports everything wrong or odd about them. A task that does not fit is a blocker, not an
 * error; then nothing is encoded.
 */
export function checkData(data: {
  readonly parts: Splits;
  readonly spec: TaskSpec;
  readonly rules: SplitRules;
  readonly tokenizer: TextEncoderLike;
}): CheckedData {
  const { spec, tokenizer, rules, parts: drawn } = data;
  const misfits = taskBlockers(spec, drawn);
  const encode = (table: Table, purpose: Purpose): EncodedPart =>
    misfits.length === 0 && table.rows.length > 0
      ? { table, ...encodeTable(tokenizer, spec, table, purpose) }
      : { table, examples: [], uncutLengths: [], texts: [], problems: [] };
  const all: EncodedParts = {
    train: encode(drawn.train, "training"),
    dev: encode(drawn.dev, "evaluation"),
    test: encode(drawn.test, "evaluation"),
  };
  const { problems: troubles, dropped } = findProblems(spec, all, rules);
  const train = without(all.train, dropped.train);
  const dev = without(all.dev, dropped.dev);
  const test = without(all.test, dropped.test);
  const facts: DataSummary = {
    trainName: train.table.name,
    devName: dev.table.name,
    testName: test.table.name,
    format: train.table.format,
    columns: train.table.columns,
    trainRows: train.examples.length,
    devRows: dev.examples.length,
    testRows: test.examples.length,
    task: spec,
    rules,
    labelCounts: countLabels(spec, { train, dev, test }),
    problems: troubles,
    warnings: misfits.length === 0 ? dataWarnings(spec, train, dev) : [],
    tokenCounts: spread(train.examples.map((example) => tokensOf(example, spec))),
    tokenLengths: tokenLengths(train.uncutLengths, textLimits(spec).maxLength),
    blockers:
      misfits.length > 0 ? misfits : [...exampleBlockers(spec, train), ...stops(troubles, rules)],
  };
  const tables = { train: train.table, dev: dev.table, test: test.table };
  return { summary: facts, tables, train: train.examples, dev: dev.examples, test: test.examples };
}

/** The set without some rows of its table. */
function without(part: EncodedPart, dropped: ReadonlySet<number>): EncodedPart {
  if (dropped.size === 0) return part;
  const rows = part.table.rows.flatMap((_, index) => (dropped.has(index) ? [] : [index]));
  const places = new Map(rows.map((index, place) => [index, place]));
  const kept = part.examples.flatMap(({ row }, index) => (places.has(row) ? [index] : []));
  return {
    table: pickRows(part.table, rows),
    examples: kept.flatMap((index) => {
      const example = part.examples[index];
      return example ? { ...example, row: places.get(example.row) ?? 0 } : [];
    }),
    uncutLengths: kept.map((index) => part.uncutLengths[index] ?? 0),
    texts: kept.map((index) => part.texts[index] ?? ""),
    problems: part.problems,
  };
}

/** Problems that prevent training because a rule says so. */
function stops(troubles: readonly DataProblem[], rules: SplitRules): readonly string[] {
  if (rules.foreign !== "stop") return [];
  const stopping = troubles.filter(({ rule }) => rule === "foreign");
  return stopping.map(({ sentence }) => `${sentence} The rule for such labels is to stop.`);
}

/** Why no row can be encoded, whatever it holds. */
function taskBlockers(spec: TaskSpec, { train, dev, test }: Splits): readonly string[] {
  const blockers = [faultOf(() => checkTask(spec, train.columns))];
  for (const held of [dev, test]) {
    if (held.rows.length === 0 || blockers[0] !== null) continue;
    const fault = faultOf(() => checkTask(spec, held.columns));
    blockers.push(fault === null ? null : `${held.name}: ${fault}`);
  }
  const known = blockers.filter((blocker) => blocker !== null);
  const hasLabels = !("task" in spec) && spec.kind === "classification";
  return hasLabels ? [...known, ...labelBlockers(spec)] : known;
}

/** Why the labels and words of a custom task cannot be trained. */
function labelBlockers(spec: CustomTask): readonly string[] {
  const blockers: string[] = [];
  const labels = spec.labels.length;
  if (labels < 2) {
    blockers.push(
      `The task has ${plural(labels, "label")}; 2 to ${MAX_LABELS} are needed. ` +
        "Choose another label column, or add labels.",
    );
  } else if (labels > MAX_LABELS) {
    blockers.push(
      `The task has ${plural(labels, "label")}, at most ${MAX_LABELS} can be trained: ` +
        "each takes a pass through the model for every example. Choose another label column.",
    );
  }
  const known = spec.labels.map(canonicalLabel);
  const twin = spec.labels.find((_, index) => known.indexOf(known[index] ?? "") < index);
  if (twin !== undefined) blockers.push(`Label ${quote(twin)} is listed twice. Remove one.`);
  for (const [index, word] of spec.words.entries()) {
    if (word.trim() === "") {
      blockers.push(`Label ${quote(spec.labels[index] ?? "")} has no word. Give it one.`);
    }
  }
  return blockers;
}

function faultOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ZerothError) return error.message;
    throw error;
  }
}

/** Why the encoded examples cannot be trained on. */
function exampleBlockers(spec: TaskSpec, train: EncodedPart): readonly string[] {
  const example = train.examples[0];
  if (example === undefined) {
    const first = train.problems[0];
    return [
      `None of the ${plural(train.table.rows.length, "training row")} can be used.` +
        (first === undefined ? "" : ` ${first.message}`),
    ];
  }
  const seen = new Map<string, number>();
  const blockers: string[] = [];
  if ("task" in spec || spec.kind !== "classification") return blockers;
  for (const [index, option] of example.options.entries()) {
    const key = scoredIds(option).join();
    const same = seen.get(key);
    if (same !== undefined) {
      blockers.push(
        `Words ${quote(spec.words[same] ?? "")} and ${quote(spec.words[index] ?? "")} are the same tokens, ` +
          "so their labels cannot be distinguished. Change one.",
      );
    }
    seen.set(key, same ?? index);
  }
  return blockers;
}

function scoredIds(option: EncodedOption): readonly number[] {
  return option.ids.slice(-option.optionLength);
}

function countLabels(spec: TaskSpec, parts: EncodedParts): readonly LabelCount[] {
  const { train, dev, test } = parts;
  const having = (part: EncodedPart, index: number) =>
    part.examples.filter((example) => example.answer === index).length;
  const known = spec.labels.map((label, index) => ({
    label,
    train: having(train, index),
    dev: having(dev, index),
    test: having(test, index),
  }));
  const [inTrain, inDev, inTest] = [train, dev, test].map((part) => foreignLabels(spec, part));
  const foreign = new Set(
    [inTrain, inDev, inTest].flatMap((counts) => [...(counts?.keys() ?? [])]),
  );
  return [
    ...known,
    ...[...foreign].slice(0, MAX_LABELS).map((label) => ({
      label,
      train: inTrain?.get(label) ?? 0,
      dev: inDev?.get(label) ?? 0,
      test: inTest?.get(label) ?? 0,
    })),
  ];
}

/** Number of rows per label that is not in the task; built-in tasks report these row by row. */
function foreignLabels(spec: TaskSpec, part: EncodedPart): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if ("task" in spec || spec.kind !== "classification") return counts;
  const used = new Set(part.examples.map((example) => example.row));
  const known = new Set(spec.labels.map(canonicalLabel));
  for (const [index, row] of part.table.rows.entries()) {
    const label = used.has(index) ? null : rowLabel(spec, row);
    const key = label === null ? "" : canonicalLabel(label);
    if (label === null || known.has(key)) continue;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Tokens of the longest option, without the label id of a score head. */
function tokensOf(example: EncodedExample, spec: TaskSpec): number {
  const longest = Math.max(...example.options.map((option) => option.ids.length));
  return usesScoreHead(spec) ? longest - 1 : longest;
}

/** Minimum, median and maximum. */
function spread(lengths: readonly number[]): DataSummary["tokenCounts"] {
  const sorted = lengths.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  };
}

/** Histogram of lengths before cutting. */
export interface TokenLengths {
  /** Width of a bar in tokens; the first begins at 0. */
  readonly barWidth: number;
  /** [bars] number of examples. */
  readonly counts: readonly number[];
  /** Length limit in tokens. */
  readonly maxLength: number;
  readonly longest: number;
  /** Examples longer than the limit. */
  readonly cutRows: number;
  readonly rows: number;
}

/** Approximate number of bars; their width is a round number of tokens. */
const BARS = 24;

/** @param lengths tokens of each example's longest option, with BOS */
export function tokenLengths(lengths: readonly number[], maxLength: number): TokenLengths {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  const barWidth = roundWidth(longest / BARS);
  const counts = new Array<number>(Math.floor(longest / barWidth) + 1).fill(0);
  for (const length of lengths) counts[Math.floor(length / barWidth)]! += 1;
  const cutRows = lengths.filter((length) => length > maxLength).length;
  return { barWidth, counts, maxLength, longest, cutRows, rows: lengths.length };
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundWidth(least: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const width of [unit, 2 * unit, 5 * unit]) if (width >= least) return width;
  }
}
