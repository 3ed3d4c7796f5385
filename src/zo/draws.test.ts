import fc from "fast-check";
import { expect, test } from "vitest";
import { ranked, type Stream, uniform } from "./draws.ts";

const anyStream = fc.constantFrom<Stream>("blocks", "shuffle", "split");
const anySeed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test.each([
  // python: ranked(42, stream, step=3, n=12) and ranked(2**40 + 5, stream, step=0, n=7)
  ["blocks", [8, 3, 2, 11, 1, 9, 5, 0, 10, 6, 7, 4], [6, 3, 1, 0, 5, 2, 4]],
  ["shuffle", [0, 2, 1, 11, 6, 9, 3, 5, 4, 10, 8, 7], [3, 6, 2, 0, 4, 1, 5]],
  ["split", [9, 8, 0, 2, 1, 3, 11, 7, 10, 5, 4, 6], [5, 6, 3, 4, 0, 2, 1]],
] as const)("the order drawn for %s is the one of an independent implementation", (...row) => {
  const [stream, twelve, seven] = row;
  expect(ranked(42, stream, 3, 12)).toEqual(twelve);
  expect(ranked(2 ** 40 + 5, stream, 0, 7)).toEqual(seven);
});

test("an order contains each of its n indices once", () => {
  fc.assert(
    fc.property(anySeed, anyStream, fc.nat(1000), fc.nat(200), (seed, stream, time, n) => {
      const order = ranked(seed, stream, time, n);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
});

test("another epoch has another order", () => {
  expect(ranked(42, "shuffle", 0, 50)).not.toEqual(ranked(42, "shuffle", 1, 50));
});

test("numbers in [0, 1) equal those of an independent implementation", () => {
  // python: philox4x32-10 of counter (index, 0xfffffffc, 0, 0); ((w0 >> 5) * 2**26 + (w1 >> 6)) / 2**53
  expect([0, 1, 77].map((index) => uniform(42, "writing", index))).toEqual([
    0.376869403051046, 0.18363228830784462, 0.2191325192324809,
  ]);
});
