import { expect, test } from "vitest";
import { debiasedEma } from "./smoothing.ts";

test("the first smoothed value is the first value, not a share of it", () => {
  expect(debiasedEma([2, 4], 0.9)[0]).toBeCloseTo(2, 12);
});

// last = 0.9·0.2 + 0.1·4 = 0.58, divided by 1 − 0.9² = 0.19 (TensorBoard's formula by hand).
test("the second smoothed value is the average corrected for its start at zero", () => {
  expect(debiasedEma([2, 4], 0.9)[1]).toBeCloseTo(0.58 / 0.19, 12);
});

test("a value that is not a number passes through and leaves the average alone", () => {
  const withGap = debiasedEma([1, Number.NaN, 3], 0.5);
  const without = debiasedEma([1, 3], 0.5);
  expect(withGap[1]).toBeNaN();
  expect(withGap[2]).toBe(without[1]);
});

test("a constant series is not smoothed", () => {
  expect([...debiasedEma([0.1, 0.1, 0.1], 0.97)]).toEqual([0.1, 0.1, 0.1]);
});

test("weight zero leaves every value as it is", () => {
  expect([...debiasedEma([3, 1, 2], 0)]).toEqual([3, 1, 2]);
});
