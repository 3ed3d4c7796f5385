import { expect, test } from "vitest";
import { meanInterval, wilsonInterval } from "./interval.ts";

// R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
test("the interval agrees with the published example of 81 in 263", () => {
  const [low, high] = wilsonInterval(81 / 263, 263);
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
});

test("the interval stays within 0 and 1", () => {
  expect(wilsonInterval(0, 10)[0]).toBe(0);
  expect(wilsonInterval(1, 10)[1]).toBeCloseTo(1, 12);
});

// For a share of 1 the lower end is n / (n + z²): 10 / 13.8415.
test("ten right of ten still has a wide interval", () => {
  expect(wilsonInterval(1, 10)[0]).toBeCloseTo(0.7225, 3);
});

// scipy.stats.norm.interval(0.95, loc=x.mean(), scale=scipy.stats.sem(x))
test("the interval of a mean is the normal approximation", () => {
  const [low, high] = meanInterval([1, 0.5, 0, 0.8, 0.4, 1, 0.25, 0.9]);
  expect(low).toBeCloseTo(0.34668, 5);
  expect(high).toBeCloseTo(0.86582, 5);
});

test("the interval of a single score is everything", () => {
  expect(meanInterval([0.7])).toEqual([0, 1]);
});
