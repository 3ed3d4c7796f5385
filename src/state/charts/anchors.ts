import { formatPercent, formatReading } from "../text/format.ts";
import { minMaxIndices } from "./buckets.ts";
import type { Point, Range, XAxis } from "./curves.ts";
import { middleOf } from "./histogram.ts";
import { column, type RunSeries } from "./runSeries.ts";

/** What a run with anchors (MeZO-SVRG) shows of them. */
export interface AnchorSummary {
  readonly anchors: number;
  readonly lastAnchorStep: number;
  /** Steps since the last anchor; 0 right at one. */
  readonly age: number;
  /** Mean loss over the anchor's rows. */
  readonly anchorLoss: number;
  readonly anchorPasses: number;
  /** Of all forward passes, 0..1. */
  readonly anchorShare: number;
  readonly anchorRate: number | null;
  readonly miniRate: number | null;
  /** Median of |g − ḡ| / |g| over the steps between anchors; null before the first. */
  readonly correctionRatio: number | null;
}

/** Null where no step was an anchor. */
export function summarizeAnchors(series: RunSeries): AnchorSummary | null {
  const { step, loss, forwardPasses, learningRate, isAnchor } = series.columns;
  let last = -1;
  let lastMini = -1;
  let anchors = 0;
  let anchorPasses = 0;
  for (let i = 0; i < series.length; i += 1) {
    if (isAnchor[i] === 0) lastMini = i;
    if (isAnchor[i] !== 1) continue;
    last = i;
    anchors += 1;
    anchorPasses += forwardPasses[i]! - (i > 0 ? forwardPasses[i - 1]! : 0);
  }
  if (last < 0) return null;
  const end = series.length - 1;
  const allPasses = forwardPasses[end]!;
  return {
    anchors,
    lastAnchorStep: step[last]!,
    age: step[end]! - step[last]!,
    anchorLoss: loss[last]!,
    anchorPasses,
    anchorShare: allPasses > 0 ? anchorPasses / allPasses : 0,
    anchorRate: learningRate[last]!,
    miniRate: lastMini < 0 ? null : learningRate[lastMini]!,
    correctionRatio: correctionRatio(series),
  };
}

export interface CorrectionCurve {
  readonly x: readonly number[];
  /** |g|, the batch's estimate by itself. */
  readonly plain: readonly Point[];
  /** |g − ḡ|, what is left of it once the snapshot's estimate is taken away. */
  readonly corrected: readonly Point[];
}

const BUCKETS = 400;

/** Steps between anchors only; at an anchor there is nothing to correct. */
export function correctionCurve(
  series: RunSeries,
  axis: XAxis,
  range: Range | null,
): CorrectionCurve {
  const indices = miniSteps(series);
  const axisColumn = column(series, axis);
  const x = Float64Array.from(indices, (i) => axisColumn[i]!);
  const plain = Float64Array.from(indices, (i) => Math.abs(series.columns.projectedGrad[i]!));
  const corrected = Float64Array.from(indices, (i) => correctionAt(series, i));
  const kept = new Set([
    ...minMaxIndices(x, plain, BUCKETS, range),
    ...minMaxIndices(x, corrected, BUCKETS, range),
  ]);
  const drawn = [...kept].sort((a, b) => a - b);
  const pick = (values: Float64Array) =>
    drawn.map((i) => (Number.isFinite(values[i]!) ? values[i]! : null));
  return { x: drawn.map((i) => x[i]!), plain: pick(plain), corrected: pick(corrected) };
}

/** One sentence on whether the correction pays: below 1 the anchor takes noise away. */
export function describeCorrection(summary: AnchorSummary): string {
  const { correctionRatio: ratio } = summary;
  if (ratio === null) return "No step between two anchors yet.";
  const meaning = ratio < 1 ? "smaller than" : "no smaller than";
  return (
    `Half of the steps have |g − ḡ| below ${formatPercent(ratio)} of |g|: ` +
    `what the anchor leaves to the batch is ${meaning} the plain estimate ` +
    `(loss at the last anchor ${formatReading(summary.anchorLoss)}).`
  );
}

function correctionRatio(series: RunSeries): number | null {
  const ratios = miniSteps(series)
    .map((i) => correctionAt(series, i) / Math.abs(series.columns.projectedGrad[i]!))
    .filter(Number.isFinite);
  return ratios.length === 0 ? null : middleOf(ratios.sort((a, b) => a - b));
}

function correctionAt({ columns }: RunSeries, i: number): number {
  return Math.abs(columns.projectedGrad[i]! - columns.snapshotGrad[i]!);
}

function miniSteps(series: RunSeries): number[] {
  const indices: number[] = [];
  for (let i = 0; i < series.length; i += 1) if (series.columns.isAnchor[i] === 0) indices.push(i);
  return indices;
}
