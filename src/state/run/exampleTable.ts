import type { ExampleResult } from "#run/evaluation/examples.ts";
import { wrongFirst } from "#run/evaluation/wrongFirst.ts";
import type { ExamplesReport } from "#session/reports.ts";
import { formatCount, formatPercent, formatPlural, UNKNOWN } from "../text/format.ts";

export const EXAMPLE_FILTERS = ["all", "wrong", "turned right", "turned wrong"] as const;
export type ExampleFilter = (typeof EXAMPLE_FILTERS)[number];

export const EXAMPLE_COLUMNS = ["row", "text", "right", "answered", "sure", "before"] as const;
export type ExampleColumn = (typeof EXAMPLE_COLUMNS)[number];

export interface ExampleOrder {
  readonly column: ExampleColumn;
  readonly isDescending: boolean;
}

export const EXAMPLES_A_PAGE = 25;

/** Whether answers are written, and judged by F1, rather than chosen among options. */
export function isWritten({ rows }: ExamplesReport): boolean {
  return rows[0]?.f1 !== undefined;
}

export function exampleColumnNames(
  report: ExamplesReport,
): Readonly<Record<ExampleColumn, string>> {
  return {
    row: "Row",
    text: "Text, to the end of the prompt",
    right: "Right",
    answered: isWritten(report) ? "Written" : "Answered",
    sure: isWritten(report) ? "F1" : "Sure",
    before: "Before training",
  };
}

/** How many rows each filter leaves. Rows turn only once the model before training was asked. */
export function exampleCounts({ rows }: ExamplesReport): Readonly<Record<ExampleFilter, number>> {
  const count = (filter: ExampleFilter) => rows.filter((row) => passes(row, filter)).length;
  return {
    all: rows.length,
    wrong: count("wrong"),
    "turned right": count("turned right"),
    "turned wrong": count("turned wrong"),
  };
}

/** "After step 400, 177 of 200 rows are answered right. Training turned 71 right and 5 wrong." */
export function describeExamples(report: ExamplesReport): string {
  const counts = exampleCounts(report);
  const right = counts.all - counts.wrong;
  const place = report.step === 0 ? "Before training" : `After step ${formatCount(report.step)}`;
  const said =
    `${place}, ${formatCount(right)} of ${formatPlural(counts.all, "row")} are answered right` +
    `${isWritten(report) ? ", word for word" : ""}.`;
  if (!report.rows.some(({ before }) => before)) return said;
  return `${said} Training turned ${formatCount(counts["turned right"])} right and ${formatCount(counts["turned wrong"])} wrong.`;
}

/** The rows that pass, in an order; without one, the wrong ones first, the surest at the head. */
export function arrangeExamples(
  { rows }: ExamplesReport,
  filter: ExampleFilter,
  order: ExampleOrder | null,
): readonly ExampleResult[] {
  const kept = rows.filter((row) => passes(row, filter));
  if (!order) return wrongFirst(kept);
  const sign = order.isDescending ? -1 : 1;
  return kept.toSorted((a, b) => sign * compare(cellValue(a, order), cellValue(b, order)));
}

/** A second click on a column turns its order round, a third takes it away. */
export function nextExampleOrder(
  order: ExampleOrder | null,
  column: ExampleColumn,
): ExampleOrder | null {
  if (order?.column !== column) return { column, isDescending: column === "sure" };
  return order.isDescending === (column === "sure")
    ? { column, isDescending: !order.isDescending }
    : null;
}

export interface ExamplePage {
  readonly rows: readonly ExampleResult[];
  /** From 0, within what there is. */
  readonly page: number;
  readonly pages: number;
  /** "Rows 1 to 25 of 23"; */
  readonly words: string;
}

export function pageOfExamples(rows: readonly ExampleResult[], wanted: number): ExamplePage {
  const pages = Math.max(1, Math.ceil(rows.length / EXAMPLES_A_PAGE));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  const from = page * EXAMPLES_A_PAGE;
  const shown = rows.slice(from, from + EXAMPLES_A_PAGE);
  const words =
    shown.length === 0
      ? "No rows"
      : `${formatCount(from + 1)} to ${formatCount(from + shown.length)} of ${formatCount(rows.length)}`;
  return { rows: shown, page, pages, words };
}

/** How sure an answer was, or its F1: "93.1 %". */
export function surenessText({ probability, f1 }: Pick<ExampleResult, "probability" | "f1">) {
  return formatPercent(probability ?? f1);
}

export function beforeText({ before }: ExampleResult): string {
  return before ? `${before.answered}, ${surenessText(before)}` : UNKNOWN;
}

/** All rows as RFC 4180 has it, in the order of the file. */
export function examplesAsCsv({ rows }: ExamplesReport): string {
  const head = [
    "row",
    "text",
    "right",
    "answered",
    "is_right",
    "probability",
    "right_probability",
    "f1",
    "before_answered",
    "before_is_right",
    "before_probability",
    "before_f1",
  ];
  const lines = rows.map(({ before, ...own }) => [
    own.row,
    own.text,
    own.right,
    own.answered,
    own.isRight,
    own.probability,
    own.rightProbability,
    own.f1,
    before?.answered,
    before?.isRight,
    before?.probability,
    before?.f1,
  ]);
  return [head, ...lines].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string | number | boolean | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function passes({ isRight, before }: ExampleResult, filter: ExampleFilter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "wrong":
      return !isRight;
    case "turned right":
      return isRight && before?.isRight === false;
    case "turned wrong":
      return !isRight && before?.isRight === true;
    default:
      return filter satisfies never;
  }
}

function cellValue(row: ExampleResult, { column }: ExampleOrder): string | number {
  switch (column) {
    case "sure":
      return row.probability ?? row.f1 ?? 0;
    case "before":
      return beforeText(row);
    default:
      return row[column];
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en");
}
