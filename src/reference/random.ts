import { keyOf, philox4x32 } from "#zo/philox.ts";

/** Random inputs of cases, the same every time. */

/** `count` normally distributed numbers with this standard deviation, as f32. */
export function randomFloats(
  seed: number,
  count: number,
  deviation = 1,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [a, b] = philox4x32([i, 0, 0, 0], keyOf(seed));
    const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
    out[i] = deviation * radius * Math.cos((2 * Math.PI * b) / 2 ** 32);
  }
  return out;
}

/** `count` whole numbers in [0, end). */
export function randomIntegers(seed: number, count: number, end: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    return Math.floor((philox4x32([i, 1, 0, 0], keyOf(seed))[0] / 2 ** 32) * end);
  });
}

/** `count` f16 numbers with magnitudes from 1/128 to 1 and either sign, two per word, the first one low. */
export function randomHalves(seed: number, count: number): Uint32Array<ArrayBuffer> {
  const halves = new Uint16Array(Math.ceil(count / 2) * 2);
  for (let i = 0; i < count; i++) {
    const [word] = philox4x32([i, 2, 0, 0], keyOf(seed));
    const exponent = 8 + ((word >>> 16) % 7);
    halves[i] = (word & 0x83ff) | (exponent << 10);
  }
  return new Uint32Array(halves.buffer);
}
