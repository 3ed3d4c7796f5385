import { keyOf, philox4x32 } from "./philox.ts";

/**
 * Stochastic rounding of weights stored as halves. The host twin of `shaders/lib/rounding.wgsl`.
 *
 * An addition to the contract's noise: the draw of an element at the end of a step comes from counter
 * (element / 8, tensor, step, 0xFFFFFFFF), the last number in the place of a probe's, which no direction
 * has. Element i of its eight draws 32 bits: the i-th half of the 128, low half of word i/2 first, and
 * below it the other half of that word.
 *
 * Nearest rounding would lose most updates of zeroth-order training, which are far smaller than the gap
 * between two halves; rounded like this they arrive on average.
 * @see Gupta et al., "Deep Learning with Limited Numerical Precision" (2015)
 */
export function roundingDraw(seed: number, step: number, tensor: number, element: number): number {
  const words = philox4x32([Math.floor(element / 8), tensor, step, ROUNDING], keyOf(seed));
  const word = words[(element >> 1) & 3]!;
  return (element & 1) === 1 ? word : ((word << 16) | (word >>> 16)) >>> 0;
}

/** In the place of a probe's number. */
const ROUNDING = 0xffffffff;
const largestHalf = 65504;

/**
 * One of the two halves next to a weight: the one further from zero where draw / 2³² is less than the
 * share of the gap between them that lies below the weight. A weight that is a half stays what it is;
 * beyond 65504 there is only that.
 *
 * @param draw 0..2³² − 1
 */
export function halfNear(weight: number, draw: number): number {
  if (weight === 0 || !Number.isFinite(weight)) return weight;
  const size = Math.abs(weight);
  const gap = 2 ** Math.max(-24, Math.floor(Math.log2(size)) - 10);
  const below = Math.floor(size / gap);
  const share = Math.floor((size / gap - below) * 2 ** 32);
  const rounded = Math.min((below + Number(draw < share)) * gap, largestHalf);
  return weight < 0 ? -rounded : rounded;
}
