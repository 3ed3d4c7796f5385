import { type ErrorCode, ZerothError } from "#base/errors.ts";
import type { Row, Table } from "../tasks/task.ts";

/** The examples of each step. */
export interface BatchPlan {
  readonly batchesPerEpoch: number;
  /** Row indices of a step, counted from 0. The last batch of an epoch may be short. */
  batchAt(step: number): readonly number[];
}

/**
 * The batches of a run: every epoch visits all examples once, in its own order. Any step can be computed directly,
 * so a run resumes without repeating the steps before.
 *
 * @param order  the order of the n rows in an epoch, counted from 0
 * @throws ZerothError E-DATA-6 or E-CFG-1 if `n` or `batchSize` is not a whole number of at least 1
 */
export function batchPlan(
  order: (epoch: number) => readonly number[],
  n: number,
  batchSize: number,
): BatchPlan {
  requireCount("E-DATA-6", "rows", n);
  requireCount("E-CFG-1", "rows in a batch", batchSize);
  const batchesPerEpoch = Math.ceil(n / batchSize);
  // Steps are consecutive, and ordering a million rows takes time: keep the last order.
  let kept: { readonly epoch: number; readonly rows: readonly number[] } | null = null;
  return {
    batchesPerEpoch,
    batchAt(step) {
      const epoch = Math.floor(step / batchesPerEpoch);
      if (kept?.epoch !== epoch) kept = { epoch, rows: order(epoch) };
      const start = (step % batchesPerEpoch) * batchSize;
      return kept.rows.slice(start, start + batchSize);
    },
  };
}

function requireCount(code: ErrorCode, what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ZerothError(code, `There are ${value} ${what}; at least 1 is needed.`);
}

/** These rows of a table, with the numbers they have in the file. */
export function pickRows(table: Table, indices: readonly number[]): Table {
  const rows: Row[] = [];
  const rowNumbers: number[] = [];
  for (const index of indices) {
    const row = table.rows[index];
    if (row === undefined) continue;
    rows.push(row);
    rowNumbers.push(table.rowNumbers[index] ?? index + 1);
  }
  return { ...table, rows, rowNumbers };
}
