import { expect, test } from "vitest";
import { barHeights, describeHistogram, histogramOf, middleOf } from "./histogram.ts";

test("every value is counted once, in its bin or beyond the edges", () => {
  const values = Array.from({ length: 1000 }, (_, i) => Math.tan((i - 500) / 320));
  const histogram = histogramOf(values, 20);
  const inside = histogram?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
  expect(inside + (histogram?.below ?? 0) + (histogram?.above ?? 0)).toBe(1000);
  expect(histogram?.counts.length).toBe(20);
});

test("a few wild values do not squeeze the rest into one bin", () => {
  const values = [...Array.from({ length: 100 }, (_, i) => (i - 50) / 50), 1e6, -1e6];
  const histogram = histogramOf(values, 10);
  expect(histogram).toMatchObject({ below: 1, above: 1 });
  expect(histogram && Math.max(...histogram.counts)).toBeLessThan(35);
});

test("values that are no number are told apart from the rest", () => {
  expect(histogramOf([1, 2, Number.NaN, Infinity], 4)).toMatchObject({ notFinite: 2 });
  expect(histogramOf([Number.NaN], 4)).toBeNull();
  expect(histogramOf([], 4)).toBeNull();
});

test("equal values fill one bin about themselves", () => {
  const histogram = histogramOf([3, 3, 3], 4);
  expect(histogram?.counts).toEqual([0, 0, 3, 0]);
  expect(histogram && histogram.from < 3).toBe(true);
});

test("what is not drawn is said", () => {
  const histogram = histogramOf([...Array.from({ length: 99 }, (_, i) => i / 99), 1e9], 8);
  expect(histogram && describeHistogram(histogram)).toContain("1 lies outside");
});

test("a log scale shows the rare beside the frequent", () => {
  expect(barHeights([1, 1000], false)[0]).toBeCloseTo(0.001, 6);
  // log 2 / log 1001
  expect(barHeights([1, 1000], true)[0]).toBeCloseTo(0.1003, 4);
  expect(barHeights([0, 0], true)).toEqual([0, 0]);
});

test("the middle of an even number of values lies between the middle two", () => {
  expect(middleOf([1, 2, 3, 10])).toBe(2.5);
  expect(middleOf([1, 2, 10])).toBe(2);
});
