import { ZerothError } from "#base/errors.ts";
import { count } from "./readExactly.ts";

/** Guessing a task looks at every column of every row, and again at each report. */
const MAX_COLUMNS = 1_000;

/**
 * Rows keyed by their ids, as some tools write them, make a column of every row.
 *
 * @param rows the rows they were met in, where they are looked for row by row
 * @throws ZerothError E-DATA-1 if there are more columns than a table may have
 */
export function refuseManyColumns(name: string, columns: number, rows?: number): void {
  if (columns <= MAX_COLUMNS) return;
  const where = rows === undefined ? "" : ` up to row ${count(rows)}`;
  throw new ZerothError(
    "E-DATA-1",
    `${name} has ${count(columns)} columns${where}; at most ${count(MAX_COLUMNS)} are read. ` +
      `Is each row keyed by its id? Give all rows the same columns.`,
  );
}
