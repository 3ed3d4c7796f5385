import type { DataProblem } from "#data/examples/problems.ts";
import type { SplitName, SplitRules } from "#data/examples/splits.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { DataReport } from "#session/reports.ts";
import { formatCount, formatPercent, formatPlural } from "../text/format.ts";

export const PART_NAMES: Readonly<Record<SplitName, string>> = {
  train: "Training",
  dev: "Held out",
  test: "Final test",
};

type RuleName = NonNullable<DataProblem["rule"]>;

interface RuleChoice {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly name: string }[];
}

/** What may be chosen to become of troubled rows; what MeZO's code does comes first. */
export const RULE_CHOICES: Readonly<Record<RuleName, RuleChoice>> = {
  duplicates: {
    label: "Repeated rows",
    options: [
      { value: "keep", name: "Train on them all, as MeZO does" },
      { value: "drop", name: "Leave repeats out" },
    ],
  },
  leaks: {
    label: "Rows that are also held out",
    options: [
      { value: "keep", name: "Train on them, as MeZO does" },
      { value: "drop", name: "Leave them out of training" },
    ],
  },
  empty: {
    label: "Rows without text",
    options: [
      { value: "keep", name: "Use them, as MeZO does" },
      { value: "drop", name: "Leave them out" },
    ],
  },
  long: {
    label: "Rows that are too long",
    options: [
      { value: "cut", name: "Cut their beginning, as MeZO does" },
      { value: "drop", name: "Leave them out" },
    ],
  },
  foreign: {
    label: "Labels without a word",
    options: [
      { value: "drop", name: "Leave these rows out" },
      { value: "stop", name: "Refuse to start, as MeZO does" },
    ],
  },
};

/** The rules with one set otherwise; `RuleChoice.options` lists the values there are. */
export function withRule(data: DataReport, rule: RuleName, value: string): Partial<SplitRules> {
  const { chosenRules: chosen } = data;
  const isDropped = value === "drop";
  switch (rule) {
    case "long":
      return { ...chosen, long: isDropped ? "drop" : "cut" };
    case "foreign":
      return { ...chosen, foreign: value === "stop" ? "stop" : "drop" };
    default:
      return { ...chosen, [rule]: isDropped ? "drop" : "keep" };
  }
}

export type SizeName = "trainRows" | "devRows" | "testRows" | "dataSeed";

/** The numbers of a draw: what they are called, and the least they may be. */
export const SIZES: readonly {
  readonly key: SizeName;
  readonly name: string;
  readonly min: number;
}[] = [
  { key: "trainRows", name: "Rows to train on, at most", min: 1 },
  { key: "devRows", name: "Rows held out, at most", min: 0 },
  { key: "testRows", name: "Rows for the final test, at most", min: 0 },
  { key: "dataSeed", name: "Data seed", min: 0 },
];

/** A number as typed, or null if it is none that a draw can have. */
export function parseSize(text: string, min: number): number | null {
  const value = Number(text.replace(/[\s,]/g, ""));
  return text.trim() !== "" && Number.isSafeInteger(value) && value >= min ? value : null;
}

/** Whether anything about the draw was set by hand. */
export function isDrawUsual({ chosenRules }: DataReport): boolean {
  return !SIZES.some(({ key }) => chosenRules[key] !== undefined) && !chosenRules.secondFile;
}

/** The rules without what was set about the draw. */
export function withUsualDraw({ chosenRules }: DataReport): Partial<SplitRules> {
  const { duplicates, leaks, empty, long, foreign } = chosenRules;
  const kept = { duplicates, leaks, empty, long, foreign };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

/** "Always answering “1” gets 51.8 % of the held-out rows right: the score to beat." */
export function majorityText({ labelCounts, task }: DataReport): string | null {
  const known = labelCounts.slice(0, task.labels.length);
  const total = (part: SplitName) => known.reduce((sum, counts) => sum + counts[part], 0);
  const [first] = known;
  if (!first || total("train") === 0) return null;
  const most = known.reduce((a, b) => (b.train > a.train ? b : a), first);
  const held = (["test", "dev"] as const).find((part) => total(part) > 0) ?? "train";
  const rows = { train: "training rows", dev: "held-out rows", test: "rows of the final test" };
  const share = formatPercent(most[held] / total(held));
  return `Always answering “${most.label}”, the commonest label in training, gets ${share} of the ${rows[held]} right: the score to beat.`;
}

export interface LengthView {
  /** 0..1 each. */
  readonly heights: readonly number[];
  readonly edges: readonly [string, string, string];
  /** Where rows begin to be cut, where any are. */
  readonly threshold: { readonly bin: number; readonly name: string } | null;
  readonly summary: string;
  readonly highest: string;
  readonly bars: readonly { readonly from: number; readonly to: number; readonly rows: number }[];
}

/** How long the rows are, as a histogram with its figures; null without rows. */
export function lengthView({ tokenLengths, tokenCounts, rules }: DataReport): LengthView | null {
  const { barWidth, counts, maxLength, longest, cutRows, rows } = tokenLengths;
  if (rows === 0) return null;
  const most = Math.max(...counts);
  const end = counts.length * barWidth;
  const cut =
    cutRows === 0
      ? `None is longer than ${formatPlural(maxLength, "token")}, so none is cut.`
      : `${formatPlural(cutRows, "row")} (${formatPercent(cutRows / rows)}) ${cutRows === 1 ? "is" : "are"} longer than ` +
        `${formatPlural(maxLength, "token")} and ${rules.long === "cut" ? "cut" : "left out"}.`;
  return {
    heights: counts.map((count) => count / most),
    edges: ["0", formatCount(Math.round(end / 2)), `${formatCount(end)} tokens`],
    threshold:
      maxLength < end
        ? { bin: maxLength / barWidth, name: `cut at ${formatCount(maxLength)}` }
        : null,
    summary:
      `${formatPlural(rows, "training row")}, ${formatCount(tokenCounts.min)} to ` +
      `${formatPlural(longest, "token")}, median ${formatCount(tokenCounts.median)}. ${cut}`,
    highest: formatPlural(most, "row"),
    bars: counts.map((count, i) => ({
      from: i * barWidth,
      to: (i + 1) * barWidth - 1,
      rows: count,
    })),
  };
}

/** "2 kinds, 14 rows", for what a fold holds. */
export function troublesText({ problems: troubles, warnings }: DataReport): string {
  const rows = troubles.reduce((sum, { count }) => sum + count, 0);
  const parts = [
    ...(rows > 0 ? [formatPlural(rows, "row")] : []),
    ...(warnings.length > 0 ? [formatPlural(warnings.length, "remark")] : []),
  ];
  return parts.length === 0 ? "none found" : parts.join(", ");
}

/** Which of the tasks on offer is in use: a built-in one's name, or "own". */
export function taskId(task: TaskSpec): string {
  return "task" in task ? task.task : "own";
}

/** A built-in classification task as one's own, to be changed; null where it cannot be written so. */
export function asOwnTask(task: TaskSpec, columns: readonly string[]): TaskSpec | null {
  if (!("task" in task) || task.kind !== "classification") return null;
  const { task: _, columns: mapped = {}, ...own } = task;
  const nameOf = (name: string) => mapped[name] ?? name;
  const template = own.template.replace(
    /\{([^{}]+)\}/g,
    (_slot, name: string) => `{${nameOf(name)}}`,
  );
  const labelColumn = nameOf(own.labelColumn);
  const isThere = columns.includes(labelColumn);
  // Labels are read from the rows: a file may write 0 where the task says "negative".
  const column = isThere ? labelColumn : (columns.at(-1) ?? "");
  return { ...own, template, labelColumn: column, labels: [], words: [] };
}

/** How a run's rows were drawn, and what was left out on purpose. */
export function rulesText(rules: SplitRules): string {
  const left = [
    ...(rules.duplicates === "drop" ? ["repeated rows"] : []),
    ...(rules.leaks === "drop" ? ["training rows that are also held out"] : []),
    ...(rules.empty === "drop" ? ["rows without text"] : []),
    ...(rules.long === "drop" ? ["rows that are too long"] : []),
  ];
  const drawn =
    `At most ${formatCount(rules.trainRows)} rows to train on, ${formatCount(rules.devRows)} held out and ` +
    `${formatCount(rules.testRows)} for the final test, drawn with data seed ${formatCount(rules.dataSeed)}.`;
  return left.length === 0 ? drawn : `${drawn} Left out: ${left.join(", ")}.`;
}
