import { count, plural, quote } from "#base/text.ts";
import { usesScoreHead } from "../tasks/scoreHead.ts";
import type { EncodedExample, RowProblem, Table, TaskSpec } from "../tasks/task.ts";
import { templateColumns, valueText } from "../tasks/template.ts";
import type { EncodedTable } from "./encode.ts";
import { textLimits } from "./encodeSample.ts";
import type { SplitName, SplitRules } from "./splits.ts";

/** Examples that are odd in the same way, and the rule that decides what happens to them. */
export interface DataProblem {
  /** What is odd, how many, the first row and the consequence. */
  readonly sentence: string;
  readonly count: number;
  /** The first thousand. */
  readonly rows: readonly ProblemRow[];
  /** The rule that applies; absent if they can only be left out. */
  readonly rule?: RuleName;
}

export type RuleName = "duplicates" | "leaks" | "empty" | "long" | "foreign";

export interface ProblemRow {
  readonly part: SplitName;
  /** As `RowProblem.row`. */
  readonly row: number;
  readonly note: string;
}

export type EncodedParts = Readonly<Record<SplitName, EncodedPart>>;

/** Problems, and the rows of each set that the rules leave out because of them. */
export interface FoundProblems {
  readonly problems: readonly DataProblem[];
  readonly dropped: Readonly<Record<SplitName, ReadonlySet<number>>>;
}

const MAX_ROWS_LISTED = 1000;
/** Reasons for leaving rows out that are listed separately, per file. */
const REASONS_SHOWN = 6;
const PARTS: readonly SplitName[] = ["train", "dev", "test"];

/** Finds everything odd about single examples, the most important first. */
export function findProblems(
  spec: TaskSpec,
  parts: EncodedParts,
  rules: SplitRules,
): FoundProblems {
  const dropped = { train: new Set<number>(), dev: new Set<number>(), test: new Set<number>() };
  const troubles: DataProblem[] = PARTS.flatMap((name) => leftOut(name, parts[name]));
  const drop = (name: SplitName, examples: readonly number[]) => {
    for (const index of examples) dropped[name].add(parts[name].examples[index]?.row ?? -1);
  };
  for (const name of PARTS) {
    const long = longRows(spec, name, parts[name], rules.long);
    const empty = emptyRows(spec, name, parts[name], rules.empty);
    for (const found of [long, empty]) if (found) troubles.push(found.trouble);
    if (long && rules.long === "drop") drop(name, long.examples);
    if (empty && rules.empty === "drop") drop(name, empty.examples);
  }
  const repeated = repeats(parts.train, rules.duplicates);
  if (repeated) troubles.push(repeated.trouble);
  if (repeated && rules.duplicates === "drop") drop("train", repeated.examples);
  const leaked = leaks(parts, rules.leaks);
  if (leaked) troubles.push(leaked.trouble);
  if (leaked && rules.leaks === "drop") drop("train", leaked.examples);
  return { problems: troubles, dropped };
}

interface Found {
  readonly trouble: DataProblem;
  /** Indices of the examples it is about. */
  readonly examples: readonly number[];
}

/** Rows that cannot be used, by reason; beyond six reasons, together. */
function leftOut(name: SplitName, part: EncodedPart): readonly DataProblem[] {
  const reasons = new Map<string, RowProblem[]>();
  const add = (reason: string, problem: RowProblem): void => {
    const known = reasons.get(reason);
    if (known === undefined) reasons.set(reason, [problem]);
    else known.push(problem);
  };
  for (const problem of part.table.problems) add("", problem);
  for (const problem of part.problems) add(problem.message.replace(/^Row \d+: /, ""), problem);
  const told = [...reasons].slice(0, REASONS_SHOWN);
  const rest = [...reasons].slice(REASONS_SHOWN).flatMap(([, problems]) => problems);
  const troubles = told.map(([reason, problems]) => {
    const [first] = problems;
    const left = `${plural(problems.length, "row")} of ${part.table.name} ${isAre(problems.length)} left out`;
    const place = `first: row ${count(first?.row ?? 0)}`;
    const sentence =
      reason === ""
        ? `${left} as unreadable (${place}). ${first?.message ?? ""}`
        : `${left} (${place}). ${reason}`;
    return unusable(name, sentence, problems);
  });
  if (rest.length === 0) return troubles;
  const more = `${plural(rest.length, "row")} more of ${part.table.name} left out likewise.`;
  return [...troubles, unusable(name, more, rest)];
}

function unusable(part: SplitName, sentence: string, problems: readonly RowProblem[]): DataProblem {
  const rows = problems.slice(0, MAX_ROWS_LISTED).map(({ row, message }) => ({
    part,
    row,
    note: message.replace(/^Row \d+:? ?/, ""),
  }));
  const isForeign = problems.every(({ code }) => code === "E-DATA-3");
  return { sentence, count: problems.length, rows, ...(isForeign && { rule: "foreign" }) };
}

function longRows(
  spec: TaskSpec,
  name: SplitName,
  part: EncodedPart,
  rule: SplitRules["long"],
): Found | null {
  const { maxLength } = textLimits(spec);
  const lengths = part.uncutLengths;
  const examples = indicesWhere(lengths, (length) => length > maxLength);
  if (examples.length === 0) return null;
  const longest = examples.reduce((a, b) => ((lengths[b] ?? 0) > (lengths[a] ?? 0) ? b : a));
  const become =
    rule === "cut"
      ? `the beginning of the text is cut, its end ${usesScoreHead(spec) ? "stays" : "and the word stay"}`
      : `${examples.length === 1 ? "it is" : "they are"} left out`;
  const sentence =
    `${plural(examples.length, "row")} of ${part.table.name} ${isAre(examples.length)} longer than ` +
    `${plural(maxLength, "token")}; ${become}. Longest: ${nameRow(part, longest)}, ` +
    `${plural(lengths[longest] ?? 0, "token")}.`;
  const note = (index: number) => plural(lengths[index] ?? 0, "token");
  return found(name, part, sentence, examples, "long", note);
}

function emptyRows(
  spec: TaskSpec,
  name: SplitName,
  part: EncodedPart,
  rule: SplitRules["empty"],
): Found | null {
  if ("task" in spec || part.examples.length === 0) return null;
  const columns = templateColumns(spec.template);
  const examples = indicesWhere(part.examples, ({ row }) =>
    columns.every((column) => valueText(part.table.rows[row]?.[column]) === ""),
  );
  if (examples.length === 0) return null;
  const sentence =
    `${plural(examples.length, "row")} of ${part.table.name} ${examples.length === 1 ? "has" : "have"} ` +
    `no text in ${columns.join(", ")} (first: ${nameRow(part, examples[0])}), but a label` +
    `${rule === "drop" ? "; left out" : ""}.`;
  return found(name, part, sentence, examples, "empty", () => "no text");
}

function repeats(part: EncodedPart, rule: SplitRules["duplicates"]): Found | null {
  const seen = new Map<string, number>();
  const examples: number[] = [];
  const earlierOf = new Map<number, number>();
  for (const [index, text] of part.texts.entries()) {
    const earlier = seen.get(text);
    if (earlier === undefined) seen.set(text, index);
    else {
      examples.push(index);
      earlierOf.set(index, earlier);
    }
  }
  if (examples.length === 0) return null;
  const answerOf = (index: number | undefined) => part.examples[index ?? -1]?.answer;
  const isContrary = (index: number) => answerOf(index) !== answerOf(earlierOf.get(index));
  const disagreeing = examples.filter(isContrary).length;
  const contrary = disagreeing === 0 ? "" : `, ${count(disagreeing)} with another label`;
  const note = (index: number) =>
    `repeats ${nameRow(part, earlierOf.get(index))}${isContrary(index) ? " with another label" : ""}`;
  const first = examples[0] ?? 0;
  const sentence =
    `${plural(examples.length, "row")} of ${part.table.name} ${examples.length === 1 ? "repeats" : "repeat"} ` +
    `the text of an earlier one${contrary} (first: ${nameRow(part, first)} repeats ` +
    `${nameRow(part, earlierOf.get(first))})${rule === "drop" ? "; left out" : ""}.`;
  return found("train", part, sentence, examples, "duplicates", note);
}

/** Validation and test examples whose text is also in the training set. `examples` are the training ones. */
function leaks({ train, dev, test }: EncodedParts, rule: SplitRules["leaks"]): Found | null {
  const known = new Map(train.texts.map((text, index) => [text, index]));
  const rows: ProblemRow[] = [];
  for (const [part, held] of [["dev", dev] as const, ["test", test] as const]) {
    for (const [index, text] of held.texts.entries()) {
      const twin = known.get(text);
      if (twin === undefined) continue;
      const note = `is ${nameRow(train, twin)} of training`;
      rows.push({ part, row: rowNumber(held, index), note });
    }
  }
  const [first] = rows;
  if (first === undefined) return null;
  const outside = new Set([...dev.texts, ...test.texts]);
  const examples = indicesWhere(train.texts, (text) => outside.has(text));
  const so =
    rule === "keep"
      ? "so the reported accuracy is higher than on new texts"
      : `and ${plural(examples.length, "row")} of training ${isAre(examples.length)} left out for this reason`;
  const sentence =
    `${plural(rows.length, "validation or test example")} also ${rows.length === 1 ? "occurs" : "occur"} in ` +
    `training (first: row ${count(first.row)} ` +
    `${first.note.replace(" of training", " there")}), ${so}.`;
  const trouble: DataProblem = {
    sentence,
    count: rows.length,
    rule: "leaks",
    rows: rows.slice(0, MAX_ROWS_LISTED),
  };
  return { trouble, examples };
}

function found(
  name: SplitName,
  part: EncodedPart,
  sentence: string,
  examples: readonly number[],
  rule: RuleName,
  note: (index: number) => string,
): Found {
  const rows = examples
    .slice(0, MAX_ROWS_LISTED)
    .map((index) => ({ part: name, row: rowNumber(part, index), note: note(index) }));
  return { trouble: { sentence, count: examples.length, rows, rule }, examples };
}

function indicesWhere<T>(values: readonly T[], passes: (value: T) => boolean): readonly number[] {
  return values.flatMap((value, index) => (passes(value) ? [index] : []));
}

/** The file's number for an example's row. */
function rowNumber(part: EncodedPart, index: number | undefined): number {
  const row = part.examples[index ?? 0]?.row ?? 0;
  return part.table.rowNumbers[row] ?? row + 1;
}

function nameRow(part: EncodedPart, index: number | undefined): string {
  return `row ${count(rowNumber(part, index))}`;
}

function isAre(n: number): string {
  return n === 1 ? "is" : "are";
}

/** A table and its encoded examples. */
export interface EncodedPart extends EncodedTable {
  readonly table: Table;
}

/** Share of a label above which always answering it looks like learning. */
const MAJORITY_SHARE = 0.8;

/** Warnings about the examples as a whole, one sentence each. */
export function dataWarnings(
  spec: TaskSpec,
  train: EncodedPart,
  dev: EncodedPart,
): readonly string[] {
  const warnings = [
    ...imbalance(spec, train),
    sharedFirstToken(spec, train.examples[0]),
    unevenWords(spec, train.examples[0]),
    dev.examples.length === 0
      ? "There is no validation set, so learning cannot be distinguished from memorising."
      : null,
  ];
  return warnings.filter((warning) => warning !== null);
}

function imbalance(spec: TaskSpec, train: EncodedPart): readonly (string | null)[] {
  const total = train.examples.length;
  if (total === 0 || spec.labels.length === 0) return [];
  const counts = spec.labels.map(
    (_, index) => train.examples.filter((example) => example.answer === index).length,
  );
  const most = Math.max(...counts);
  const percent = Math.floor((100 * most) / total);
  const label = spec.labels[counts.indexOf(most)] ?? "";
  return [
    most / total < MAJORITY_SHARE
      ? null
      : `${percent} % of the training rows have label ${quote(label)}; always answering it already ` +
        `gives ${percent} %.`,
    ...spec.labels.map((name, index) =>
      counts[index] === 0 ? `No training row has label ${quote(name)}.` : null,
    ),
  ];
}

/** [options] the ids of each word in an example. */
function wordIds(example: EncodedExample): readonly (readonly number[])[] {
  return example.options.map((option) => option.ids.slice(-option.optionLength));
}

function sharedFirstToken(spec: TaskSpec, example: EncodedExample | undefined): string | null {
  if (example === undefined || spec.words.length === 0) return null;
  const firsts = wordIds(example).map((ids) => ids[0]);
  const second = firsts.findIndex((id, index) => firsts.indexOf(id) < index);
  if (second < 0) return null;
  const first = firsts.indexOf(firsts[second]);
  return (
    `Words ${quote(spec.words[first] ?? "")} and ${quote(spec.words[second] ?? "")} begin with the same token; ` +
    "they are distinguished by what follows it only."
  );
}

function unevenWords(spec: TaskSpec, example: EncodedExample | undefined): string | null {
  if (example === undefined || spec.words.length === 0) return null;
  const lengths = wordIds(example).map((ids) => ids.length);
  if (new Set(lengths).size < 2) return null;
  const listed = lengths
    .map((length, index) => `${quote(spec.words[index] ?? "")} ${length}`)
    .join(", ");
  return `The words have different numbers of tokens (${listed}); their mean losses per token are compared.`;
}
