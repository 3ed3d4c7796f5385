/**
 * Philox4x32-10, the counter-based generator behind every random number of the project.
 *
 * Twin of `shaders/lib/philox.wgsl`: the same words for the same counter and key.
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); Random123 kat_vectors
 */

/** Four 32-bit words, each an unsigned integer. */
export type Words = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Returns the key of a seed: its low and high 32 bits. Seeds are safe integers from 0. */
export function keyOf(seed: number): readonly [number, number] {
  return [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
}

/** Returns the 128 bits at `counter` under `key`. */
export function philox4x32(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(MULTIPLIER_0, c0);
    const high1 = mulHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Upper 32 bits of a 32 × 32 bit product; 16-bit halves keep every intermediate below 2^53. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const t = aLow * bLow;
  const u = aHigh * bLow + Math.floor(t / 65536);
  const v = aLow * bHigh + (u % 65536);
  return aHigh * bHigh + Math.floor(u / 65536) + Math.floor(v / 65536);
}
