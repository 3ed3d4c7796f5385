import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";

const MAX_ROWS = 1_000_000;
/** Guessing a task looks at every column of every row, and again at each report. */
const MAX_COLUMNS = 1_000;
/** A value takes at least 50 bytes of memory with its place in a row. */
const MAX_VALUES = 40_000_000;
/** Longest text that is read, in characters (200 MB of ASCII): it must fit into one string. */
export const MAX_CHARACTERS = 200_000_000;

/** @throws ZerothError E-DATA-9 if a table has more rows than are read */
export function refuseManyRows(name: string, rows: number): void {
  if (rows > MAX_ROWS) throw tooMuch(name, `${count(rows)} rows`, count(MAX_ROWS));
}

/**
 * Rows keyed by their ids, as some tools write them, make a column of every row.
 *
 * @param rows the number of rows read so far, if rows are read one by one
 * @throws ZerothError E-DATA-9 if there are more columns than a table may have
 */
export function refuseManyColumns(name: string, columns: number, rows?: number): void {
  if (columns <= MAX_COLUMNS) return;
  const where = rows === undefined ? "" : ` up to row ${count(rows)}`;
  throw new ZerothError(
    "E-DATA-9",
    `${quote(name)} has ${count(columns)} columns${where}; at most ${count(MAX_COLUMNS)} are read. ` +
      `Is each row keyed by its id? Give all rows the same columns.`,
  );
}

/** @throws ZerothError E-DATA-9 if rows × columns are more than memory has room for */
export function refuseManyValues(name: string, values: number): void {
  if (values > MAX_VALUES) throw tooMuch(name, `${count(values)} values`, count(MAX_VALUES));
}

/** @throws ZerothError E-DATA-9 if the text is longer than one string may be for a table */
export function refuseLongText(name: string, text: string): void {
  if (text.length <= MAX_CHARACTERS) return;
  throw tooMuch(name, `${count(text.length)} characters`, count(MAX_CHARACTERS));
}

export function tooMuch(name: string, found: string, limit: string): ZerothError {
  return new ZerothError(
    "E-DATA-9",
    `${quote(name)} has ${found}; at most ${limit} are read. Take a part.`,
  );
}
