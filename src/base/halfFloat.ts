/** Half-precision floats as bits in a Uint16Array. */

let f16Table: Uint32Array | undefined;

/** The f32 bits of every f16 (256 KiB, made at first use): several times faster than the arithmetic. */
function tableOfHalves(): Uint32Array {
  if (f16Table) return f16Table;
  const table = new Uint32Array(65536);
  for (let bits = 0; bits < 65536; bits++) table[bits] = f32BitsOfHalf(bits);
  f16Table = table;
  return table;
}

function f32BitsOfHalf(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: shift the leading one to where a normal number has it.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/** Widens f16 bits to f32; exact. */
export function f16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const table = tableOfHalves();
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = table[halves[i]!]!;
  return new Float32Array(words.buffer);
}

/** Widens bf16 bits to f32; exact. */
export function bf16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/**
 * Narrows f32 to the nearest f16, ties to even. As in IEEE 754, values from 65520 on become infinite:
 * callers that narrow weights must check for them.
 */
export function f32ToF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = halfOfF32Bits(words[i]!);
  return halves;
}

function halfOfF32Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // Half a gap above the largest f16, or more.
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size >= 0x38800000) return sign | nearest(size - (112 << 23), 13);
  const dropped = 126 - (size >>> 23);
  return sign | (dropped > 25 ? 0 : nearest((size & 0x7fffff) | 0x800000, dropped));
}

/** Drops the lowest bits of an integer, rounding to nearest, ties to even. */
function nearest(value: number, dropped: number): number {
  const below = value >>> dropped;
  const rest = value - below * 2 ** dropped;
  const half = 2 ** (dropped - 1);
  return rest > half || (rest === half && (below & 1) === 1) ? below + 1 : below;
}
