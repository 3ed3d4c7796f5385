import { maxOf } from "#base/maxOf.ts";
import { type Capacity, sizeOf } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { OptConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";

/** Tokens per sign beyond which a larger batch runs in parts: products are long enough by then. */
const ENOUGH_TOKENS = 4096;
/** Logits of a vocabulary tile are held to this. */
const LOGIT_BYTES = 64 * 1024 * 1024;

/**
 * Room for a step: the largest batch these examples can make, held to what the device can bind, but
 * never less than the longest example. Larger batches run in parts under one perturbation.
 *
 * @param trained examples whose batches run for both signs
 * @param evaluated examples that run for one sign, twice as many at a time
 */
export function planCapacity(
  config: OptConfig,
  { headTileRows }: Layout,
  maxBindingBytes: number,
  batchSize: number,
  trained: readonly EncodedExample[],
  evaluated: readonly EncodedExample[],
): Capacity {
  const sizes = trained.map(sizeOf);
  const others = evaluated.map(sizeOf);
  return capacityFor(config, { headTileRows }, maxBindingBytes, batchSize, sizes, others);
}

/** As `planCapacity`, from the sizes of examples alone. */
export function capacityFor(
  config: OptConfig,
  { headTileRows }: Pick<Layout, "headTileRows">,
  maxBindingBytes: number,
  batchSize: number,
  sizes: readonly Capacity[],
  evaluated: readonly Capacity[],
): Capacity {
  const lone = [...sizes, ...evaluated];
  // A run without rows of its own can still be asked.
  if (lone.length === 0) lone.push(aQuestion);
  const { hiddenSize: C, ffnDim: F, wordEmbedProjDim: E } = config;
  const bytesPerToken = 2 * 4 * Math.max(3 * C, F, E);
  const tokenLimit = Math.min(ENOUGH_TOKENS, Math.floor(maxBindingBytes / bytesPerToken));
  const logitLimit = Math.floor(Math.min(LOGIT_BYTES, maxBindingBytes) / (2 * 4 * headTileRows));
  const room = (pick: (size: Capacity) => number, limit: number) => {
    const needed = largestSum(sizes.map(pick), batchSize);
    return Math.max(1, Math.min(needed, limit), maxOf(lone.map(pick)));
  };
  return {
    tokens: room(({ tokens }) => tokens, tokenLimit),
    scored: room(({ scored }) => scored, logitLimit),
    options: room(({ options }) => options, 1 << 16),
    examples: room(({ examples }) => examples, 1 << 16),
  };
}

const aQuestion: Capacity = { tokens: 256, scored: 64, options: 32, examples: 1 };

/** What an evaluation may pack: one sign instead of two leaves twice the room. */
export function evaluationCapacity({ tokens, scored, options, examples }: Capacity): Capacity {
  return { tokens: 2 * tokens, scored: 2 * scored, options: 2 * options, examples: 2 * examples };
}

function largestSum(values: number[], count: number): number {
  return values
    .sort((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, value) => sum + value, 0);
}
