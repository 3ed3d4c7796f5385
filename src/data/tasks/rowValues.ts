import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import type { Row, Table } from "./task.ts";
import { canonicalLabel, labelText } from "./template.ts";

/** What a label may be called, in the order of a task's words: `[["entailment", "0"], …]`. */
export type LabelNames = readonly (readonly string[])[];

/** The text in the first of these columns that the row has, exactly as it stands there. */
export function textOf(row: Row, ...columns: readonly string[]): string {
  const column = columns.find((name) => Object.hasOwn(row, name));
  if (column === undefined) throw missing(`The row has no ${quoted(columns)}.`);
  const value = row[column];
  if (typeof value !== "string") throw missing(`"${column}" ${notText(value)}.`);
  return value;
}

/** The texts in a list, or an empty list where the column is missing or null. */
export function textsOf(row: Row, column: string): readonly string[] {
  const value = Object.hasOwn(row, column) ? (row[column] ?? []) : [];
  return listOf(value, column).map((text) => {
    if (typeof text !== "string") throw missing(`An entry of "${column}" ${notText(text)}.`);
    return text;
  });
}

/** The objects in a list of a row. */
export function rowsOf(row: Row, column: string): readonly Row[] {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return listOf(value, column).map((entry) => {
    if (!isRow(entry)) throw missing(`An entry of "${column}" is no object.`);
    return entry;
  });
}

/** The object in a column; null where there is none. */
export function rowIn(row: Row, column: string): Row | null {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  return isRow(value) ? value : null;
}

/**
 * The option that the row's label stands for, as `Sample.right`: empty where the row has no label or,
 * as in Hugging Face's test splits, -1.
 */
export function rightOption(
  row: Row,
  columns: readonly string[],
  names: LabelNames,
): readonly number[] {
  const label = labelIn(row, columns);
  if (label === null || label === "-1") return [];
  const index = names.findIndex((same) => same.includes(label.toLowerCase()));
  if (index >= 0) return [index];
  throw new ZerothError(
    "E-DATA-3",
    `Label ${quote(label)} is none of this task's: ${names.map((same) => same.join(" or ")).join(", ")}.`,
  );
}

/** Whether the table has rows and every label in them is one of these. */
export function labelsAre(
  table: Table,
  columns: readonly string[],
  names: readonly string[],
): boolean {
  const known = new Set(names);
  return (
    table.rows.length > 0 &&
    table.rows.every((row) => known.has(labelIn(row, columns)?.toLowerCase() ?? ""))
  );
}

/** Whether all of these are columns of the table. */
export function hasColumns(table: Table, ...columns: readonly string[]): boolean {
  return columns.every((column) => table.columns.includes(column));
}

/** Whether the table's columns are among these, so that nothing else tells of another task. */
export function hasOnly(table: Table, ...columns: readonly string[]): boolean {
  return table.columns.every((column) => columns.includes(column));
}

/** `text` with its first character in upper case, as Python's `text[0].upper() + text[1:]`. */
export function upperFirst(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length);
}

/** As `upperFirst`, in lower case. */
export function lowerFirst(text: string): string {
  const [first = ""] = text;
  return first.toLowerCase() + text.slice(first.length);
}

export function missing(sentence: string): ZerothError {
  return new ZerothError("E-DATA-2", sentence);
}

function labelIn(row: Row, columns: readonly string[]): string | null {
  const column = columns.find((name) => Object.hasOwn(row, name));
  const label = column === undefined ? null : labelText(row[column]);
  return label === null ? null : canonicalLabel(label);
}

function listOf(value: unknown, column: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw missing(value === undefined ? `The row has no "${column}".` : `"${column}" holds no list.`);
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notText(value: unknown): string {
  if (value === null) return "is null";
  if (Array.isArray(value)) return "holds a list, not a text";
  return typeof value === "object" ? "holds an object, not a text" : `is ${value}, not a text`;
}

function quoted(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(" or ");
}
