import type { EvaluationRecord, StepExtra, StepRecord } from "#run/store/records.ts";

/** Taken from every step as they are. */
const READINGS = [
  "step",
  "loss",
  "lossPlus",
  "lossMinus",
  "projectedGrad",
  "learningRate",
  "seconds",
  "forwardPasses",
  "tokens",
] as const;

/** What only some methods say; NaN where a step said nothing. */
const EXTRAS = [
  /** 1 at an anchor, 0 between two. */
  "isAnchor",
  "snapshotGrad",
  "maskDensity",
  /** Blocks that took part, one bit each: 0 to 31 in the first column, 32 to 63 in the second. */
  "lowBlocks",
  "highBlocks",
] as const;

const COLUMNS = [...READINGS, ...EXTRAS] as const;

/** The deepest OPT has 64 blocks. */
export const MAX_BLOCKS = 64;

export type ColumnName = (typeof COLUMNS)[number];

/**
 * A run's curves as growable columns. A new value shares its columns with the one before: readers
 * see a change by identity, and 20,000 steps are not copied ten times a second.
 */
export interface RunSeries {
  readonly length: number;
  readonly columns: Readonly<Record<ColumnName, Float64Array>>;
  readonly evaluations: readonly EvaluationRecord[];
  /** Steps whose loss was not a number; no update was applied there. */
  readonly notFinite: readonly number[];
}

const FIRST_CAPACITY = 1024;

export const EMPTY_SERIES: RunSeries = {
  length: 0,
  columns: allocate(0),
  evaluations: [],
  notFinite: [],
};

/** The filled part of a column; a view. */
export function column(series: RunSeries, name: ColumnName): Float64Array {
  return series.columns[name].subarray(0, series.length);
}

/** The curves with steps added. Steps that come again, after a lost GPU, replace what stood there. */
export function appendSteps(series: RunSeries, steps: readonly StepRecord[]): RunSeries {
  const first = steps[0];
  if (!first) return series;
  const start = countBelow(series, first.step);
  const columns = withRoom(series, start + steps.length);
  for (const [offset, record] of steps.entries()) {
    for (const name of READINGS) columns[name][start + offset] = record[name];
    const extras = extrasOf(record.extra);
    for (const name of EXTRAS) columns[name][start + offset] = extras[name];
  }
  const bad = steps.filter(({ notFinite, loss }) => notFinite || !Number.isFinite(loss));
  return {
    ...series,
    columns,
    length: start + steps.length,
    notFinite: [
      ...series.notFinite.filter((step) => step < first.step),
      ...bad.map(({ step }) => step),
    ],
  };
}

/** The curves with an evaluation added, in place of any at the same or a later step. */
export function appendEvaluation(series: RunSeries, evaluation: EvaluationRecord): RunSeries {
  const earlier = series.evaluations.filter(({ step }) => step < evaluation.step);
  return { ...series, evaluations: [...earlier, evaluation] };
}

/** The last step's readings; undefined before the first. */
export function lastOf(series: RunSeries): Readonly<Record<ColumnName, number>> | undefined {
  const last = series.length - 1;
  return last < 0 ? undefined : byColumn((name) => series.columns[name][last]!);
}

/** Whether a block took part in the step at `index`; false too where the step did not say. */
export function isBlockActive(series: RunSeries, index: number, block: number): boolean {
  const { lowBlocks, highBlocks } = series.columns;
  const bits = block < 32 ? lowBlocks[index]! : highBlocks[index]!;
  // NaN has no bits set.
  return ((bits >>> (block % 32)) & 1) === 1;
}

function extrasOf(extra: StepExtra | undefined): Record<(typeof EXTRAS)[number], number> {
  const blocks = extra?.active_blocks;
  return {
    isAnchor: extra?.kind === undefined ? NaN : Number(extra.kind === "anchor"),
    snapshotGrad: extra?.snapshot_projected_grad ?? NaN,
    maskDensity: extra?.mask_density ?? NaN,
    lowBlocks: blocks ? bitsOf(blocks, 0) : NaN,
    highBlocks: blocks ? bitsOf(blocks, 32) : NaN,
  };
}

function bitsOf(blocks: readonly number[], first: number): number {
  let bits = 0;
  for (const block of blocks) {
    if (block >= first && block < first + 32) bits |= 1 << (block - first);
  }
  return bits >>> 0;
}

/** How many rows lie before a step. */
function countBelow(series: RunSeries, step: number): number {
  let count = series.length;
  while (count > 0 && series.columns.step[count - 1]! >= step) count -= 1;
  return count;
}

function withRoom(series: RunSeries, length: number): Record<ColumnName, Float64Array> {
  let capacity = Math.max(FIRST_CAPACITY, series.columns.step.length);
  if (length <= series.columns.step.length) return series.columns;
  while (capacity < length) capacity *= 2;
  const grown = allocate(capacity);
  for (const name of COLUMNS) grown[name].set(column(series, name));
  return grown;
}

function allocate(capacity: number): Record<ColumnName, Float64Array> {
  return byColumn(() => new Float64Array(capacity));
}

function byColumn<Value>(make: (name: ColumnName) => Value): Record<ColumnName, Value> {
  return {
    step: make("step"),
    loss: make("loss"),
    lossPlus: make("lossPlus"),
    lossMinus: make("lossMinus"),
    projectedGrad: make("projectedGrad"),
    learningRate: make("learningRate"),
    seconds: make("seconds"),
    forwardPasses: make("forwardPasses"),
    tokens: make("tokens"),
    isAnchor: make("isAnchor"),
    snapshotGrad: make("snapshotGrad"),
    maskDensity: make("maskDensity"),
    lowBlocks: make("lowBlocks"),
    highBlocks: make("highBlocks"),
  };
}
