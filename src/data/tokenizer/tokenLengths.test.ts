import { expect, test } from "vitest";
import { tokenLengths } from "./tokenLengths.ts";

test("lengths are counted in bars of a round width, with those that are cut", () => {
  const lengths = tokenLengths([3, 9, 10, 11, 47, 240], 40);
  expect(lengths.barWidth).toBe(10);
  expect(lengths.counts.slice(0, 6)).toEqual([2, 2, 0, 0, 1, 0]);
  expect(lengths.counts.reduce((a, b) => a + b)).toBe(6);
  expect([lengths.longest, lengths.cutRows, lengths.rows]).toEqual([240, 2, 6]);
});

test("without rows there is nothing to count", () => {
  expect(tokenLengths([], 40)).toMatchObject({ longest: 0, cutRows: 0, rows: 0 });
});
