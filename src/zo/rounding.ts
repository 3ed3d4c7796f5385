import { keyOf, philox4x32 } from "./philox.ts";

const scratch = new DataView(new ArrayBuffer(4));

/**
 * Rounds a coefficient to 16 significant bits, to nearest: sign, exponent and 15 fraction bits of an f32.
 *
 * z of `binomial` and `rademacher` noise has few bits, so coefficient · z is then exact in f32, and
 * θ + coefficient · z is rounded once whether or not a compiler fuses it: a journal rebuilds the same
 * bits on every adapter. Twin of `round16` in `shaders/zo/coefficients.wgsl`.
 */
export function round16(value: number): number {
  scratch.setFloat32(0, value);
  scratch.setUint32(0, ((scratch.getUint32(0) + 0x80) & 0xffffff00) >>> 0);
  return scratch.getFloat32(0);
}

/**
 * Returns the random 32 bits that round an f16 weight at the end of a step. Twin of
 * `shaders/lib/rounding.wgsl`.
 *
 * They come from counter (element / 8, tensor, step, 0xFFFFFFFF); no direction has this probe number.
 * Of the eight elements of a call, element i gets the i-th 16 bits of the 128 (low half of word i/2
 * first) as its high half, and the other 16 bits of that word as its low half.
 *
 * Rounding to nearest would lose most updates of zeroth-order training, which are far smaller than the gap
 * between two f16 numbers; with stochastic rounding they arrive on average.
 *
 * @see Gupta et al., "Deep Learning with Limited Numerical Precision" (2015)
 */
export function roundingDraw(seed: number, step: number, tensor: number, element: number): number {
  const words = philox4x32([Math.floor(element / 8), tensor, step, ROUNDING], keyOf(seed));
  const word = words[(element >> 1) & 3]!;
  return (element & 1) === 1 ? word : ((word << 16) | (word >>> 16)) >>> 0;
}

/** Stands in for the probe number. */
const ROUNDING = 0xffffffff;
const LARGEST_F16 = 65504;

/**
 * Rounds a weight to one of the two f16 numbers next to it: to the one further from zero if draw / 2³² is
 * less than the fraction of the gap that lies below the weight. f16 numbers do not change; larger weights
 * become ±65504.
 *
 * @param draw 0..2³² − 1
 */
export function roundToF16(weight: number, draw: number): number {
  if (weight === 0 || !Number.isFinite(weight)) return weight;
  const size = Math.abs(weight);
  const gap = 2 ** Math.max(-24, Math.floor(Math.log2(size)) - 10);
  const below = Math.floor(size / gap);
  const share = Math.floor((size / gap - below) * 2 ** 32);
  const rounded = Math.min((below + Number(draw < share)) * gap, LARGEST_F16);
  return weight < 0 ? -rounded : rounded;
}
