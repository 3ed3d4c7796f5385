/** The normal quantile for a two-sided 95 % interval. */
const Z95 = 1.959964;

/** [low, high] within 0..1. */
export type Interval = readonly [number, number];

/** Where an interval lies relative to another: apart from it on either side, or overlapping it. */
export function compareIntervals(a: Interval, b: Interval): "above" | "below" | "overlapping" {
  if (a[0] > b[1]) return "above";
  return a[1] < b[0] ? "below" : "overlapping";
}

/**
 * Returns the 95 % interval of a share observed on n examples.
 *
 * @see E. B. Wilson, "Probable inference", JASA 22 (1927)
 */
export function wilsonInterval(share: number, n: number): Interval {
  const z2 = Z95 * Z95;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * Returns the 95 % interval of a mean of scores between 0 and 1, such as F1 per example: mean ± 1.96 · s / √n,
 * where s is their sample deviation, clipped to 0 … 1. This normal approximation is too narrow for fewer
 * than about 30 examples; for fewer than two the interval is [0, 1].
 */
export function meanInterval(values: readonly number[]): Interval {
  const n = values.length;
  if (n < 2) return [0, 1];
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = Z95 * Math.sqrt(squares / (n - 1) / n);
  return [Math.max(0, mean - half), Math.min(1, mean + half)];
}
