import { maxOf } from "#base/maxOf.ts";
import { type Capacity, sizeOf } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { wideWidthOf } from "#model/buffers.ts";
import type { OptConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";

/** Larger batches are split: with this many tokens per sign, matrix products are already efficient. */
const ENOUGH_TOKENS = 4096;
/** The most that the logits of a vocabulary tile may take. */
const LOGIT_BYTES = 64 * 1024 * 1024;

/**
 * Returns the size of the packed batches of a run: that of the largest batch its examples can make, at
 * most what the device can bind, and at least the longest example. Larger batches run in parts.
 *
 * @param trained examples whose batches run for both signs
 * @param evaluated examples that run for one sign, twice as many at a time
 */
export function planCapacity(
  config: OptConfig,
  layout: Layout,
  maxBindingBytes: number,
  batchSize: number,
  trained: readonly EncodedExample[],
  evaluated: readonly EncodedExample[],
): Capacity {
  const sizes = trained.map(sizeOf);
  const others = evaluated.map(sizeOf);
  return capacityForSizes(config, layout, maxBindingBytes, batchSize, sizes, others);
}

/** As `planCapacity`, from the sizes of the examples alone. */
export function capacityForSizes(
  config: OptConfig,
  { headTileRows }: Pick<Layout, "headTileRows">,
  maxBindingBytes: number,
  batchSize: number,
  trained: readonly Capacity[],
  evaluated: readonly Capacity[],
): Capacity {
  const all = [...trained, ...evaluated];
  // A run without examples can still be prompted.
  if (all.length === 0) all.push(promptSize);
  const bytesPerToken = 2 * 4 * wideWidthOf(config);
  const tokenLimit = Math.min(ENOUGH_TOKENS, Math.floor(maxBindingBytes / bytesPerToken));
  const logitLimit = Math.floor(Math.min(LOGIT_BYTES, maxBindingBytes) / (2 * 4 * headTileRows));
  const limited = (pick: (size: Capacity) => number, limit: number) => {
    const largestBatch = largestSum(trained.map(pick), batchSize);
    return Math.max(1, Math.min(largestBatch, limit), maxOf(all.map(pick)));
  };
  return {
    tokens: limited(({ tokens }) => tokens, tokenLimit),
    scored: limited(({ scored }) => scored, logitLimit),
    options: limited(({ options }) => options, 1 << 16),
    examples: limited(({ examples }) => examples, 1 << 16),
  };
}

const promptSize: Capacity = { tokens: 256, scored: 64, options: 32, examples: 1 };

/** Returns the capacity of an evaluation: it runs one sign instead of two, so twice as much fits. */
export function evaluationCapacity({ tokens, scored, options, examples }: Capacity): Capacity {
  return { tokens: 2 * tokens, scored: 2 * scored, options: 2 * options, examples: 2 * examples };
}

function largestSum(values: number[], count: number): number {
  return values
    .sort((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, value) => sum + value, 0);
}
