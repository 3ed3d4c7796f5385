import type { EvaluationRecord, RunRecord } from "#run/store/records.ts";
import { scoreName, scoreOf } from "../run/score.ts";
import { formatCount, formatDuration, formatPercent, formatReading } from "../text/format.ts";
import { lowerBound, minMaxIndices } from "./buckets.ts";
import { type ColumnName, column, type RunSeries } from "./runSeries.ts";
import { debiasedEma } from "./smoothing.ts";

export const X_AXES = ["step", "seconds", "forwardPasses", "tokens"] as const;
export type XAxis = (typeof X_AXES)[number];

export const X_AXIS_LABELS: Readonly<Record<XAxis, string>> = {
  step: "Steps",
  seconds: "Seconds",
  forwardPasses: "Forward passes",
  tokens: "Tokens",
};

/** A place on an axis, in words: "step 1,204". */
export const formatX: Readonly<Record<XAxis, (value: number) => string>> = {
  step: (value) => `step ${formatCount(value)}`,
  seconds: (value) => formatDuration(value),
  forwardPasses: (value) => `${formatCount(value)} forward passes`,
  tokens: (value) => `${formatCount(value)} tokens`,
};

export type Range = readonly [number, number];

export type Point = number | null;

export interface CurveOptions {
  readonly axis: XAxis;
  /** Share of the past in the smoothed line, 0..1. */
  readonly smoothing: number;
  readonly isLog: boolean;
  readonly range: Range | null;
  /** The whole axis, the same for every chart of a run so that they line up. */
  readonly extent: Range | null;
}

/** A curve as it is drawn: null where there is no point. All arrays have the same length. */
export interface Curve {
  readonly x: readonly number[];
  readonly raw: readonly Point[];
  readonly smoothed: readonly Point[];
  /** Points within the range drawn from, and how many of them are drawn. */
  readonly total: number;
  /** Points a logarithmic axis cannot show. */
  readonly hidden: number;
}

/** Twice this many points at most: more than the pixels of a wide chart, fast to draw. */
const BUCKETS = 600;

/** One column against the chosen axis, with its smoothed line, thinned so that spikes survive. */
export function curveOf(
  series: RunSeries,
  name: ColumnName,
  options: Omit<CurveOptions, "extent">,
): Curve {
  const x = column(series, options.axis);
  const y = column(series, name);
  const smooth = debiasedEma(y, options.smoothing);
  const indices = minMaxIndices(x, y, BUCKETS, options.range);
  const drawable = (value: number): Point =>
    !Number.isFinite(value) || (options.isLog && value <= 0) ? null : value;
  return {
    x: indices.map((i) => x[i]!),
    raw: indices.map((i) => drawable(y[i]!)),
    smoothed: indices.map((i) => drawable(smooth[i]!)),
    total: countWithin(x, options.range),
    hidden: options.isLog ? y.reduce((count, value) => count + (value <= 0 ? 1 : 0), 0) : 0,
  };
}

/** What of an evaluation is drawn. */
export type EvaluationKey = "score" | "loss";

function valueOfKey(evaluation: EvaluationRecord, key: EvaluationKey): number {
  return key === "score" ? scoreOf(evaluation) : evaluation.loss;
}

export interface EvaluationCurve {
  readonly x: readonly number[];
  readonly y: readonly Point[];
  /** The value before training, repeated: drawn dashed. */
  readonly before: readonly Point[];
  /** Always giving the most frequent label, repeated; of accuracy alone. */
  readonly majority: readonly Point[];
  /** The value at the best step, and nothing elsewhere. */
  readonly best: readonly Point[];
}

/** @param key the score is F1 where the model writes its answers, else accuracy */
export function evaluationCurveOf(
  series: RunSeries,
  key: EvaluationKey,
  axis: XAxis,
  record?: Pick<RunRecord, "best" | "majority">,
): EvaluationCurve {
  const { evaluations } = series;
  const majority = key === "score" ? (record?.majority?.share ?? null) : null;
  const bestStep = record?.best?.step;
  const zeroShot = evaluations.find(({ step }) => step === 0);
  const before = zeroShot ? valueOfKey(zeroShot, key) : null;
  return {
    x: evaluations.map((evaluation) => evaluationX(series, evaluation, axis)),
    y: evaluations.map((evaluation) => valueOfKey(evaluation, key)),
    before: evaluations.map(() => before),
    majority: evaluations.map(() => majority),
    best: evaluations.map((evaluation) =>
      evaluation.step === bestStep ? valueOfKey(evaluation, key) : null,
    ),
  };
}

/** Where an evaluation stands on an axis: where its step stands. Its own seconds are what it took. */
export function evaluationX(series: RunSeries, { step }: EvaluationRecord, axis: XAxis): number {
  if (axis === "step" || step === 0) return step;
  const index = lowerBound(column(series, "step"), step);
  return series.columns[axis][index] ?? 0;
}

/** Several columns against the chosen axis, thinned alike so that the spikes of each survive. */
export function curvesOf(
  series: RunSeries,
  names: readonly ColumnName[],
  { axis, smoothing, range }: Omit<CurveOptions, "extent" | "isLog">,
): { readonly x: readonly number[]; readonly ys: readonly (readonly Point[])[] } {
  const x = column(series, axis);
  const columns = names.map((name) => debiasedEma(column(series, name), smoothing));
  const kept = new Set(columns.flatMap((y) => minMaxIndices(x, y, BUCKETS, range)));
  const indices = [...kept].sort((a, b) => a - b);
  return {
    x: indices.map((i) => x[i]!),
    ys: columns.map((y) => indices.map((i) => finite(y[i]!))),
  };
}

/** The whole stretch of an axis that has points; null before the second one. */
export function extentOf(series: RunSeries, axis: XAxis): Range | null {
  const x = column(series, axis);
  const last = x[x.length - 1];
  return x.length < 2 || last === undefined ? null : [Math.min(0, x[0]!), last];
}

/** The range grown or shrunk about its middle, kept inside the extent; null when it is everything. */
export function zoomBy(range: Range | null, extent: Range, factor: number): Range | null {
  const [from, to] = range ?? extent;
  const middle = (from + to) / 2;
  const half = ((to - from) / 2) * factor;
  return fitInto([middle - half, middle + half], extent);
}

/** The range moved by a share of its width. */
export function panBy(range: Range | null, extent: Range, share: number): Range | null {
  if (!range) return null;
  const width = range[1] - range[0];
  const from = Math.min(Math.max(range[0] + width * share, extent[0]), extent[1] - width);
  return [from, from + width];
}

/** "Training loss over 400 steps: first 0.6931, smoothed now 0.4102, lowest 0.2170." */
export function describeLoss(series: RunSeries, smoothing: number): string {
  const loss = column(series, "loss");
  if (loss.length === 0) return "Training loss: no steps yet.";
  const smooth = debiasedEma(loss, smoothing);
  const lowest = loss
    .filter(Number.isFinite)
    .reduce((least, value) => Math.min(least, value), Infinity);
  return (
    `Training loss over ${formatCount(loss.length)} steps: first ${formatReading(loss[0])}, ` +
    `smoothed now ${formatReading(smooth[smooth.length - 1])}, lowest ${formatReading(lowest)}.`
  );
}

export function describeGradient(series: RunSeries): string {
  const values = column(series, "projectedGrad");
  if (values.length === 0) return "Projected gradient: no steps yet.";
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  return `Projected gradient over ${formatCount(values.length)} steps: largest size ${formatReading(largest)}.`;
}

export function describeEvaluations(
  evaluations: readonly EvaluationRecord[],
  key: EvaluationKey,
  record?: Pick<RunRecord, "best" | "majority">,
): string {
  const first = evaluations[0];
  const last = evaluations[evaluations.length - 1];
  const name = `Held-out ${key === "loss" ? "loss" : scoreName(last)}`;
  if (!first || !last) return `${name}: not evaluated yet.`;
  const say = (evaluation: EvaluationRecord) =>
    key === "score" ? formatPercent(scoreOf(evaluation)) : formatReading(evaluation.loss);
  return (
    `${name} on ${formatCount(last.n)} rows: ${say(first)} at step ${formatCount(first.step)}, ` +
    `${say(last)} at step ${formatCount(last.step)}.` +
    (record?.best
      ? ` The best step is ${formatCount(record.best.step)}: ${say(record.best)}.`
      : "") +
    (key === "score" && record?.majority
      ? ` Always answering “${record.majority.label}” scores ${formatPercent(record.majority.share)}.`
      : "")
  );
}

/** What is said under the loss chart about points that are not, or not all, drawn. */
export function drawingNotes(curve: Curve, notFinite: readonly number[]): readonly string[] {
  const notes: string[] = [];
  if (curve.x.length < curve.total) {
    notes.push(
      `Drawing ${formatCount(curve.x.length)} of ${formatCount(curve.total)} points; ` +
        "the lowest and highest of every stretch are kept.",
    );
  }
  if (curve.hidden > 0) {
    notes.push(`${formatCount(curve.hidden)} points at or below 0 are hidden on a log axis.`);
  }
  if (notFinite.length > 0) {
    notes.push(
      `${formatCount(notFinite.length)} steps had a loss that is not a number ` +
        `(first: step ${formatCount(notFinite[0])}); no update was applied there.`,
    );
  }
  return notes;
}

function finite(value: number): Point {
  return Number.isFinite(value) ? value : null;
}

function fitInto(range: Range, extent: Range): Range | null {
  const from = Math.max(range[0], extent[0]);
  const to = Math.min(range[1], extent[1]);
  return from <= extent[0] && to >= extent[1] ? null : [from, to];
}

function countWithin(x: Float64Array, range: Range | null): number {
  if (!range) return x.length;
  return x.reduce((count, value) => count + (value >= range[0] && value <= range[1] ? 1 : 0), 0);
}

/** Rows at most in a table beside a chart; the whole is in the CSV. */
const TABLE_ROWS = 40;

export interface TableRow {
  readonly step: number;
  readonly seconds: number;
  readonly forwardPasses: number;
  readonly loss: number;
  readonly smoothed: number;
  readonly projectedGrad: number;
}

/** Steps evenly spread over the run, the first and the last among them. */
export function tableRows(series: RunSeries, smoothing: number): readonly TableRow[] {
  const smooth = debiasedEma(column(series, "loss"), smoothing);
  const { step, seconds, forwardPasses, loss, projectedGrad } = series.columns;
  return spread(series.length).map((i) => ({
    step: step[i]!,
    seconds: seconds[i]!,
    forwardPasses: forwardPasses[i]!,
    loss: loss[i]!,
    smoothed: smooth[i]!,
    projectedGrad: projectedGrad[i]!,
  }));
}

function spread(length: number): readonly number[] {
  const count = Math.min(length, TABLE_ROWS);
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (length - 1)) / (count - 1)),
  );
}
