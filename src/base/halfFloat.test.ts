import { expect, test } from "vitest";
import { bf16ToF32, f16ToF32, f32ToF16 } from "./halfFloat.ts";

const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The value of an f16 by its definition: sign, 5 bits of exponent, 10 of fraction. IEEE 754, 3.6. */
function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
}

test("every f16 widens to the f32 of its value, signed zeros and subnormals among them", () => {
  const widened = f16ToF32(all);
  for (const bits of all) {
    if (!Object.is(widened[bits], f16Value(bits))) {
      expect(widened[bits], `0x${bits.toString(16)}`).toBe(f16Value(bits));
    }
  }
});

test("every bf16 widens to the f32 whose upper 16 bits it is", () => {
  const widened = new Uint32Array(bf16ToF32(all).buffer);
  for (const bits of all) {
    if (widened[bits] !== bits * 65536) expect(widened[bits]).toBe(bits * 65536);
  }
});

test("an empty array widens to an empty array", () => {
  expect(f16ToF32(new Uint16Array(0)).length).toBe(0);
});

test("every f16 that is a number survives being widened and narrowed", () => {
  const numbers = all.filter((bits) => !Number.isNaN(f16Value(bits)));
  expect(f32ToF16(f16ToF32(numbers))).toEqual(numbers);
});

test("f32 narrows as in PyTorch: to nearest, ties to even, and to infinity from 65520 on", () => {
  // python: torch.tensor(v, dtype=torch.float32).to(torch.float16).view(torch.int16)
  const expected: readonly (readonly [number, number])[] = [
    ...([
      [1.00048828125, 0x3c00],
      [1.0009765, 0x3c01],
      [1.0014649, 0x3c02],
    ] as const),
    ...([
      [65519.996, 0x7bff],
      [65520, 0x7c00],
      [-65520, 0xfc00],
      [1e9, 0x7c00],
    ] as const),
    ...([
      [6.1005353927612305e-5, 0x400],
      [6.0975551605e-5, 0x3ff],
    ] as const),
    ...([
      [2.9802322387695312e-8, 0],
      [2.98023259404089e-8, 1],
      [8.940696716308594e-8, 2],
    ] as const),
    ...([
      [-1e-9, 0x8000],
      [3.14159274, 0x4248],
      [-0.1, 0xae66],
      [0.02, 0x251f],
    ] as const),
    ...([
      [1e-5, 0xa8],
      [-7.7e-6, 0x8081],
      [1e-40, 0],
      [-0, 0x8000],
    ] as const),
    ...([
      [Number.POSITIVE_INFINITY, 0x7c00],
      [Number.NaN, 0x7e00],
    ] as const),
  ];
  const values = Float32Array.from(expected, ([value]) => value);
  expect([...f32ToF16(values)]).toEqual(expected.map(([, bits]) => bits));
});
