import { keyOf, philox4x32 } from "./philox.ts";

/** Streams of the generator for draws on the host, one for each purpose. */
export const streams = {
  blocks: 0xffffffff,
  shuffle: 0xfffffffe,
  split: 0xfffffffd,
  writing: 0xfffffffc,
} as const;
export type Stream = keyof typeof streams;

/**
 * Returns a number in [0, 1) with 53 random bits: words 0 and 1 of counter (index, stream, 0, 0).
 *
 * @param index for `writing`, the number of tokens before the one drawn
 */
export function uniform(seed: number, stream: Stream, index: number): number {
  const [high, low] = philox4x32([index, streams[stream], 0, 0], keyOf(seed));
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/**
 * Returns 0..n-1 in a random order: ascending by word 0 of counter (index, stream, time, 0), ties by
 * index.
 *
 * @param time the step for `blocks`, the epoch for `shuffle`, 0 for `split`
 */
export function ranked(seed: number, stream: Stream, time: number, n: number): number[] {
  const key = keyOf(seed);
  const words = new Uint32Array(n);
  for (let i = 0; i < n; i++) words[i] = philox4x32([i, streams[stream], time, 0], key)[0];
  return Array.from(words.keys()).sort((a, b) => words[a]! - words[b]! || a - b);
}
