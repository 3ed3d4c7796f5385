import type { EvaluationRecord } from "#run/store/records.ts";
import { scoreOf } from "../run/score.ts";
import { evaluationX, type Point, type Range, type XAxis } from "./curves.ts";
import { middleOf } from "./histogram.ts";
import { column, type RunSeries } from "./runSeries.ts";
import { debiasedEma } from "./smoothing.ts";

/** What runs are compared by. */
export const METRICS = ["loss", "heldOutAccuracy", "heldOutLoss"] as const;
export type Metric = (typeof METRICS)[number];

/** One line of an overlay: a run, or the middle of runs that differ in their seed only. */
export interface OverlayLine {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Lowest and highest of the group at each x; absent for a single run. */
  readonly band?: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Runs behind it. */
  readonly n: number;
}

/** More than the pixels of a wide chart would show nothing new of a smoothed line. */
const MAX_POINTS = 500;

/**
 * The metric of a group of runs against the axis: at every step its median, lowest and highest over
 * the runs, at the median of their places on the axis. It ends where the first of them ended: beyond,
 * the runs that lasted longer would stand for all.
 */
export function overlayLine(
  group: readonly RunSeries[],
  metric: Metric,
  axis: XAxis,
  smoothing: number,
): OverlayLine {
  const runs = group.map((series) =>
    metric === "loss" ? lossPoints(series, axis, smoothing) : heldOutPoints(series, metric, axis),
  );
  const length = runs.reduce((least, { x }) => Math.min(least, x.length), Infinity);
  if (!Number.isFinite(length) || length === 0) return { x: [], y: [], n: group.length };
  const indices = spread(length);
  const at = (pick: "x" | "y") => indices.map((i) => runs.map((run) => run[pick][i]!));
  const values = at("y").map(sorted);
  const line = {
    x: at("x").map((places) => middleOf(sorted(places))),
    y: values.map(middleOf),
    n: group.length,
  };
  if (group.length === 1) return line;
  const low = values.map((all) => all[0]!);
  const high = values.map((all) => all[all.length - 1]!);
  return { ...line, band: { low, high } };
}

/** Lines on one shared x, as a chart library wants them: null where a line has no point. */
export interface AlignedOverlay {
  readonly x: readonly number[];
  readonly columns: readonly (readonly Point[])[];
}

/** Highest and lowest of every band first, then every line: a chart paints later columns on top. */
export function alignOverlay(lines: readonly OverlayLine[], isLog: boolean): AlignedOverlay {
  const x = [...new Set(lines.flatMap((line) => line.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const align = (line: OverlayLine, values: readonly number[]) => {
    const aligned = new Array<Point>(x.length).fill(null);
    for (const [i, value] of values.entries()) {
      const index = place.get(line.x[i]!);
      const isDrawable = Number.isFinite(value) && !(isLog && value <= 0);
      if (index !== undefined && isDrawable) aligned[index] = value;
    }
    return aligned;
  };
  const edges = lines.flatMap((line) =>
    line.band ? [align(line, line.band.high), align(line, line.band.low)] : [],
  );
  const columns = [...edges, ...lines.map((line) => align(line, line.y))];
  return { x, columns };
}

/** From 0 to the farthest point of any line; null where no line has two points. */
export function overlayExtent(lines: readonly OverlayLine[]): Range | null {
  const ends = lines.flatMap(({ x }) => (x.length > 1 ? [x[x.length - 1]!] : []));
  return ends.length === 0 ? null : [0, Math.max(...ends)];
}

/** "Training loss, smoothed. MeZO: 0.6931 to 0.4102. LeZO: …": where each line begins and ends. */
export function describeOverlay(
  title: string,
  names: readonly string[],
  lines: readonly OverlayLine[],
  format: (value: number | null) => string,
): string {
  const parts = lines.map(({ y }, i) =>
    y.length === 0
      ? `${names[i]}: nothing measured.`
      : `${names[i]}: ${format(y[0] ?? null)} to ${format(y[y.length - 1] ?? null)}.`,
  );
  return [`${title}.`, ...parts].join(" ");
}

/** The index of the point nearest to `index` that is there; lines seldom share their places. */
export function nearestPoint(
  values: ArrayLike<Point | undefined> | undefined,
  index: number,
): number | null {
  if (!values) return null;
  for (let away = 0; away < values.length; away += 1) {
    if (isThere(values[index - away])) return index - away;
    if (isThere(values[index + away])) return index + away;
  }
  return null;
}

function isThere(value: Point | undefined): boolean {
  return value !== null && value !== undefined;
}

interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

function lossPoints(series: RunSeries, axis: XAxis, smoothing: number): Points {
  return { x: column(series, axis), y: debiasedEma(column(series, "loss"), smoothing) };
}

function heldOutPoints(series: RunSeries, metric: Exclude<Metric, "loss">, axis: XAxis): Points {
  const shown = (evaluation: EvaluationRecord) =>
    metric === "heldOutAccuracy" ? scoreOf(evaluation) : evaluation.loss;
  return {
    x: series.evaluations.map((evaluation) => evaluationX(series, evaluation, axis)),
    y: series.evaluations.map(shown),
  };
}

function spread(length: number): readonly number[] {
  const count = Math.min(length, MAX_POINTS);
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (length - 1)) / (count - 1)),
  );
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
