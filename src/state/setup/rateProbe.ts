import type { LearningRateProbe } from "#session/reports.ts";
import type { SettingValues } from "#zo/settings.ts";
import { formatPlural, formatReading, formatSetting } from "../text/format.ts";

/** A probe as it is drawn against the rate: null where there is no point. All have one length. */
export interface ProbeCurve {
  readonly rates: readonly number[];
  readonly loss: readonly (number | null)[];
  /** The loss before any step, repeated: drawn dashed. */
  readonly before: readonly number[];
  /** Rates whose loss was no number or far above the rest, at the upper edge of the picture. */
  readonly beyond: readonly (number | null)[];
}

/** The rise that is shown, against the largest fall: what runs away would flatten all else. */
const SHOWN_RISE = 1.5;

export function probeCurve({ points, lossBefore }: LearningRateProbe): ProbeCurve {
  const lowest = points.reduce((least, { loss }) => Math.min(least, loss ?? least), lossBefore);
  const fall = Math.max(lossBefore - lowest, lossBefore * 0.02);
  const top = lossBefore + fall * SHOWN_RISE;
  const isShown = (loss: number | null) => loss !== null && loss <= top;
  return {
    rates: points.map(({ learningRate }) => learningRate),
    loss: points.map(({ loss }) => (isShown(loss) ? loss : null)),
    before: points.map(() => lossBefore),
    beyond: points.map(({ loss }) => (isShown(loss) ? null : top)),
  };
}

/** The rates with a little room on either side, so that the outer points are seen whole. */
export function probeRange({ points }: LearningRateProbe): readonly [number, number] | null {
  const first = points[0]?.learningRate;
  const last = points.at(-1)?.learningRate;
  return first === undefined || last === undefined ? null : [first / 1.6, last * 1.6];
}

/** "1e-6 to 1e-2 tried, 20 steps each from the same weights: lowest loss 0.6012 at 3e-4." */
export function describeProbe(probe: LearningRateProbe): string {
  const { points, stepsEach, lossBefore } = probe;
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return "No rate has been tried yet.";
  const lowest = points.reduce<(typeof points)[number] | null>(
    (best, point) => (point.loss !== null && point.loss < (best?.loss ?? Infinity) ? point : best),
    null,
  );
  const found =
    lowest === null
      ? "none gave a loss that is a number."
      : `lowest loss ${formatReading(lowest.loss)} at ${formatSetting(lowest.learningRate)}, ` +
        `${formatReading(lossBefore)} before.`;
  return (
    `${formatSetting(first.learningRate)} to ${formatSetting(last.learningRate)} tried, ` +
    `${formatPlural(stepsEach, "step")} each from the same weights: ${found}`
  );
}

/** What follows from a finished probe, in a sentence. */
export function probeVerdict(probe: LearningRateProbe): string {
  const { suggested, isDone, points, rows } = probe;
  if (points.length === 0) return "The untouched weights were scored; no rate has been tried yet.";
  if (!isDone) return `${formatPlural(points.length, "rate")} tried so far.`;
  if (suggested === null) {
    return (
      "No rate lowered the loss in so few steps. That is common with small batches: " +
      "try a larger batch, or start with the default."
    );
  }
  return (
    `${formatSetting(suggested)} lowered the loss on ${formatPlural(rows, "row")} without running away. ` +
    "Few steps on few rows: a hint, not a promise."
  );
}

/** Whether settings other than the rate itself have changed since the probe was made. */
export function isProbeStale(probed: SettingValues | null, now: SettingValues): boolean {
  if (!probed) return false;
  const keys = new Set([...Object.keys(probed), ...Object.keys(now)]);
  // Neither changes what a few steps at a rate do.
  for (const free of ["learningRate", "steps", "evalEvery"]) keys.delete(free);
  return [...keys].some((key) => probed[key] !== now[key]);
}
