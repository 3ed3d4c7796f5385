import { keyOf, philox4x32, type Words } from "./philox.ts";

/**
 * The random direction z is a pure function of (seed, step, probe, tensor, element). It does not depend
 * on tiling, on the active blocks, on the device or on any order of computation.
 * Twin of `shaders/lib/noise.wgsl`.
 */

/** `binomial` and `rademacher` use integer arithmetic only: the same bits on every device. */
export const noiseKinds = ["binomial", "rademacher", "gaussian"] as const;
export type NoiseKind = (typeof noiseKinds)[number];

/** A random direction over all weights, generated from two integers and never stored. */
export interface Direction {
  /** Counts from 0. */
  readonly step: number;
  /** 0..n-1 for the n directions of a step. */
  readonly probe: number;
}

/** Elements of z from one call of the generator. */
export const elementsPerCall: Readonly<Record<NoiseKind, number>> = {
  binomial: 8,
  rademacher: 128,
  gaussian: 4,
};

/**
 * z for elements [first, first + count) of a tensor.
 *
 * @param tensor index in the order of transformers' `named_parameters()`
 * @returns [count] mean 0, variance 1
 */
export function noise(
  kind: NoiseKind,
  seed: number,
  direction: Direction,
  tensor: number,
  first: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const key = keyOf(seed);
  const per = elementsPerCall[kind];
  const out = new Float32Array(count);
  let block = -1;
  let words: Words = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const element = first + i;
    const wanted = Math.floor(element / per);
    if (wanted !== block) {
      block = wanted;
      words = philox4x32([block, tensor, direction.step, direction.probe], key);
    }
    out[i] = fromWords(kind, words, element % per);
  }
  return out;
}

function fromWords(kind: NoiseKind, words: Words, i: number): number {
  switch (kind) {
    case "binomial":
      return (popcount16(words[i >> 1]! >>> (16 * (i & 1))) - 8) / 2;
    case "rademacher":
      return ((words[i >> 5]! >>> (i & 31)) & 1) * 2 - 1;
    case "gaussian":
      return boxMuller(words[i & 2]!, words[(i & 2) + 1]!, i & 1);
    default:
      return kind satisfies never;
  }
}

function popcount16(word: number): number {
  let bits = word & 0xffff;
  bits -= (bits >> 1) & 0x5555;
  bits = (bits & 0x3333) + ((bits >> 2) & 0x3333);
  bits = (bits + (bits >> 4)) & 0x0f0f;
  return (bits + (bits >> 8)) & 0x1f;
}

/** u is never 0, so the logarithm is finite; |z| stays below 5.9. */
function boxMuller(radiusWord: number, angleWord: number, part: number): number {
  const u0 = (Math.floor(radiusWord / 256) + 0.5) * 2 ** -24;
  const u1 = (Math.floor(angleWord / 256) + 0.5) * 2 ** -24;
  const radius = Math.sqrt(Math.max(0, -2 * Math.log(u0)));
  const angle = 2 * Math.PI * u1;
  return radius * (part === 0 ? Math.cos(angle) : Math.sin(angle));
}
