import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noise } from "./noise.ts";
import { round16, roundingDraw, roundToF16 } from "./rounding.ts";

/** Weights with the f16 numbers next to them: numpy, np.nextafter(np.float16(…), ±inf). */
const between: readonly (readonly [name: string, weight: number, below: number, above: number])[] =
  [
    ["a normal one", 0.02000123, 0.019989013671875, 0.0200042724609375],
    ["a negative one", -0.3141592, -0.314208984375, -0.31396484375],
    ["one beside a power of two", 0.99999, 0.99951171875, 1],
    ["the smallest normal one's neighbour", 6.1e-5, 6.097555160522461e-5, 6.103515625e-5],
    ["a subnormal one", 3.1e-6, 3.0994415283203125e-6, 3.159046173095703e-6],
    ["a negative subnormal one", -1.23e-7, -1.7881393432617188e-7, -1.1920928955078125e-7],
    ["one below the smallest f16 number", 7e-9, 0, 2 ** -24],
  ];

const draws = Array.from({ length: 40_000 }, (_, i) => roundingDraw(42, i % 100, 7, i >> 3));

describe.each(between)("%s", (_, weight, below, above) => {
  const value = Math.fround(weight);
  const share = (value - below) / (above - below);
  const rounded = draws.map((draw) => roundToF16(value, draw));

  test("is rounded to one of the two f16 numbers next to it", () => {
    expect(new Set(rounded)).toEqual(new Set([below, above]));
  });

  test("is rounded up with a probability equal to its position in the gap", () => {
    const ups = rounded.filter((half) => half === above).length / rounded.length;
    // Five standard deviations of a share of independent draws.
    const bound = 5 * Math.sqrt((share * (1 - share)) / rounded.length);
    expect(Math.abs(ups - share), `${ups} for ${share}`).toBeLessThan(bound);
  });

  test("is unchanged on average", () => {
    const mean = rounded.reduce((sum, half) => sum + half, 0) / rounded.length;
    const deviation = (above - below) * Math.sqrt(share * (1 - share));
    expect(Math.abs(mean - value)).toBeLessThan((5 * deviation) / Math.sqrt(rounded.length));
  });
});

test.each([0, -0, 1, -0.5, 65504, -65504, 2 ** -24, 2 ** -14, 1 + 2 ** -10])(
  "%d, an f16 number, does not change for any draw",
  (half) => {
    for (const draw of [0, 1, 2 ** 31, 2 ** 32 - 1]) expect(roundToF16(half, draw)).toBe(half);
  },
);

test("weights beyond the largest f16 number become that number", () => {
  for (const draw of [0, 2 ** 32 - 1]) {
    expect(roundToF16(65510, draw)).toBe(65504);
    expect(roundToF16(-1e9, draw)).toBe(-65504);
  }
});

test("the draws of the eight elements of a call are uniform and uncorrelated", () => {
  for (let lane = 0; lane < 8; lane++) {
    const values = Array.from({ length: 4000 }, (_, i) => roundingDraw(1, 0, 0, 8 * i + lane));
    const mean = values.reduce((sum, value) => sum + value / 2 ** 32, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / values.length));
    const next = values.map((_, i) => roundingDraw(1, 0, 0, 8 * i + ((lane + 1) % 8)));
    const product = values.reduce((sum, value, i) => {
      return sum + (value / 2 ** 32 - 0.5) * (next[i]! / 2 ** 32 - 0.5);
    }, 0);
    // Uncorrelated: the mean product of two centred uniforms is 0 ± 1/12/√n.
    expect(Math.abs(product / values.length)).toBeLessThan(5 / 12 / Math.sqrt(values.length));
  }
});

const coefficient = fc
  .double({ min: 1e-30, max: 1e30, noNaN: true })
  .chain((size) => fc.constantFrom(size, -size));

test("a coefficient keeps 16 significant bits, rounded to nearest", () => {
  // python: numpy.float32 with its low 8 bits rounded off: round16(x)
  expect(round16(1e-3)).toBe(0.0009999871253967285);
  expect(round16(-1e-6)).toBe(-1.00000761449337e-6);
  expect(round16(0.1)).toBe(0.10000038146972656);
  expect(round16(1e-30)).toBe(9.999909753744625e-31);
  expect(round16(-2.5)).toBe(-2.5);
});

test("a coefficient of 0 keeps its sign", () => {
  expect(round16(0)).toBe(0);
  expect(Object.is(round16(-0), -0)).toBe(true);
});

test("rounding a coefficient twice equals rounding it once", () => {
  fc.assert(
    fc.property(coefficient, (c) => {
      expect(round16(round16(c))).toBe(round16(c));
    }),
  );
});

test("the relative error of a coefficient is at most 2^-16 plus that of f32", () => {
  fc.assert(
    fc.property(coefficient, (c) => {
      expect(Math.abs(round16(c) - c) / Math.abs(c)).toBeLessThanOrEqual(2 ** -16 + 2 ** -24);
    }),
  );
});

test("a rounded coefficient times binomial noise is exact in f32", () => {
  const z = noise("binomial", 3, { step: 0, probe: 0 }, 0, 0, 2000);
  fc.assert(
    fc.property(coefficient, fc.nat(1999), (c, i) => {
      const product = round16(c) * z[i]!;
      expect(Math.fround(product)).toBe(product);
    }),
  );
});
