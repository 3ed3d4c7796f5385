import { formatCount, formatPlural, formatReading } from "../text/format.ts";

/** How often values fell into each of equally wide bins. */
export interface Histogram {
  /** Left edge of the first bin. */
  readonly from: number;
  readonly binWidth: number;
  readonly counts: readonly number[];
  /** Values outside the bins: drawn nowhere, so they are told. */
  readonly below: number;
  readonly above: number;
  readonly median: number;
  /** Values that are no finite number. */
  readonly notFinite: number;
}

/** So many times the usual distance from the median; of normal values one in 30,000 lies beyond. */
const SPREADS = 4;

/** The median distance from the median of normal values, as a share of their standard deviation. */
const NORMAL_SPREAD = 0.6745;

/** Values counted about their median, so that a few wild ones do not squeeze the rest into one bin. */
export function histogramOf(values: ArrayLike<number>, binCount: number): Histogram | null {
  const all = Float64Array.from(values);
  const sorted = all.filter(Number.isFinite).sort();
  const notFinite = all.length - sorted.length;
  if (sorted.length === 0) return null;
  const median = middleOf(sorted);
  const half = halfWidth(sorted, median);
  const from = median - half;
  const binWidth = (2 * half) / binCount;
  const counts = new Array<number>(binCount).fill(0);
  let below = 0;
  let above = 0;
  for (const value of sorted) {
    if (value < from) below += 1;
    else if (value > median + half) above += 1;
    else {
      const bin = Math.min(binCount - 1, Math.floor((value - from) / binWidth));
      counts[bin] = counts[bin]! + 1;
    }
  }
  return { from, binWidth, counts, below, above, median, notFinite };
}

/** "Of 400 values, half lie below 0.01; 3 lie outside −12.3 to 12.3 and are not drawn." */
export function describeHistogram(histogram: Histogram): string {
  const { from, binWidth, counts, below, above, median } = histogram;
  const inside = counts.reduce((sum, count) => sum + count, 0);
  const outside = below + above;
  const total = formatPlural(inside + outside, "value");
  const range = `${formatReading(from)} to ${formatReading(from + binWidth * counts.length)}`;
  const rest =
    outside === 0
      ? `all lie within ${range}.`
      : `${formatCount(outside)} ${outside === 1 ? "lies" : "lie"} outside ${range} (${formatCount(below)} below, ${formatCount(above)} above) and ${outside === 1 ? "is" : "are"} not drawn.`;
  return `Of ${total}, half lie below ${formatReading(median)}; ${rest}`;
}

/** Heights of bars, 0..1, against the tallest; a log scale shows the rare beside the frequent. */
export function barHeights(counts: readonly number[], isLog: boolean): readonly number[] {
  const scale = (count: number) => (isLog ? Math.log1p(count) : count);
  const tallest = counts.reduce((most, count) => Math.max(most, scale(count)), 0);
  return counts.map((count) => (tallest > 0 ? scale(count) / tallest : 0));
}

/** The middle of sorted values; the mean of the middle two where their number is even. */
export function middleOf(sorted: ArrayLike<number>): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

function halfWidth(sorted: Float64Array, median: number): number {
  const distances = sorted.map((value) => Math.abs(value - median)).sort();
  const farthest = distances[distances.length - 1]!;
  const usual = (middleOf(distances) / NORMAL_SPREAD) * SPREADS;
  // Mostly equal values have no spread of their own; a single one has none at all.
  const half = usual > 0 ? Math.min(usual, farthest) : farthest;
  return half > 0 ? half : Math.max(Math.abs(median), 1) * 1e-3;
}
