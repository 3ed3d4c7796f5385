import { formatCount, formatPercent } from "../text/format.ts";
import type { Range } from "./curves.ts";
import { isBlockActive, MAX_BLOCKS, type RunSeries } from "./runSeries.ts";

/** Blocks against steps as a picture: how often each block took part in each column of pixels. */
export interface BlockRaster {
  readonly width: number;
  readonly blocks: number;
  /** [blocks, width], row after row: 1 where the block took part in all of the column's steps. */
  readonly shares: Float32Array;
}

/**
 * @param x where each step stands on the axis, ascending
 * @param range the part of the axis to show
 */
export function blockRaster(
  series: RunSeries,
  x: Float64Array,
  range: Range,
  width: number,
  blocks: number,
): BlockRaster {
  const sums = new Float32Array(blocks * width);
  const steps = new Uint32Array(width);
  const toColumn = (value: number) =>
    Math.floor(((value - range[0]) / (range[1] - range[0])) * width);
  for (let i = 0; i < series.length; i += 1) {
    // A step fills the stretch since the one before it, so that a short run leaves no gaps.
    const start = Math.max(0, toColumn(i === 0 ? range[0] : x[i - 1]!));
    const end = Math.min(width, Math.max(start + 1, toColumn(x[i]!)));
    for (let place = start; place < end; place += 1) {
      steps[place] = steps[place]! + 1;
      for (let block = 0; block < blocks; block += 1) {
        if (isBlockActive(series, i, block)) {
          sums[block * width + place] = sums[block * width + place]! + 1;
        }
      }
    }
  }
  const shares = sums.map((sum, i) => (steps[i % width]! > 0 ? sum / steps[i % width]! : 0));
  return { width, blocks, shares };
}

/** Steps that say which blocks took part. */
export function hasBlocks(series: RunSeries): boolean {
  return series.length > 0 && !Number.isNaN(series.columns.lowBlocks[series.length - 1]!);
}

/** One more than the highest block seen to take part: all there are, once a few steps were drawn. */
export function countBlocks(series: RunSeries): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < series.length; i += 1) {
    low |= series.columns.lowBlocks[i]!;
    high |= series.columns.highBlocks[i]!;
  }
  const highest = high === 0 ? 31 - Math.clz32(low) : 63 - Math.clz32(high);
  return Math.min(MAX_BLOCKS, highest + 1);
}

export interface BlockActivity {
  readonly block: number;
  readonly steps: number;
  /** Of all steps so far, 0..1. */
  readonly share: number;
  /** The last step it took part in; null if in none. */
  readonly lastStep: number | null;
}

export function blockActivity(series: RunSeries, blocks: number): readonly BlockActivity[] {
  return Array.from({ length: blocks }, (_, block) => {
    let steps = 0;
    let lastStep: number | null = null;
    for (let i = 0; i < series.length; i += 1) {
      if (!isBlockActive(series, i, block)) continue;
      steps += 1;
      lastStep = series.columns.step[i]!;
    }
    return { block, steps, share: series.length > 0 ? steps / series.length : 0, lastStep };
  });
}

/** "12 blocks over 400 steps: each took part in 47.0 % to 53.5 % of them." */
export function describeBlocks(activity: readonly BlockActivity[], steps: number): string {
  const shares = activity.map(({ share }) => share);
  if (shares.length === 0) return "No block has taken part yet.";
  return (
    `${formatCount(activity.length)} blocks over ${formatCount(steps)} steps: each took part in ` +
    `${formatPercent(Math.min(...shares))} to ${formatPercent(Math.max(...shares))} of them.`
  );
}

/** How opaque each pixel is, 0 to 255; a block drawn once stays visible among many steps. */
export function rasterAlpha({ shares }: BlockRaster): Uint8ClampedArray {
  return Uint8ClampedArray.from(shares, (share) => (share > 0 ? 40 + share * 215 : 0));
}
