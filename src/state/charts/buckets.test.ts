import fc from "fast-check";
import { expect, test } from "vitest";
import { minMaxIndices } from "./buckets.ts";

const steps = (length: number) => Float64Array.from({ length }, (_, i) => i);

test("one spike among 20,000 points survives the thinning, up or down", () => {
  const y = new Float64Array(20_000).fill(1);
  y[7777] = 9;
  y[12_345] = -9;
  const kept = minMaxIndices(steps(20_000), y, 100, null);
  expect(kept).toContain(7777);
  expect(kept).toContain(12_345);
  expect(kept.length).toBeLessThanOrEqual(200);
});

test("a short curve is drawn point by point", () => {
  expect(minMaxIndices(steps(4), steps(4), 10, null)).toEqual([0, 1, 2, 3]);
});

test("a range keeps one point beyond either end so that lines reach the edge", () => {
  expect(minMaxIndices(steps(10), steps(10), 10, [3.5, 5.5])).toEqual([3, 4, 5, 6, 7]);
});

test("a bucket that starts with a gap still shows its lowest and highest point", () => {
  const y = Float64Array.from([Number.NaN, 5, 1, 3, 2, 2]);
  expect(minMaxIndices(steps(6), y, 1, null)).toEqual([1, 2]);
});

test("thinned indices are in order and hold the extremes of the whole curve", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
      (values) => {
        const y = Float64Array.from(values);
        const kept = minMaxIndices(steps(y.length), y, 3, null);
        const shown = kept.map((i) => y[i]!);
        expect(kept).toEqual([...kept].sort((a, b) => a - b));
        expect(Math.max(...shown)).toBe(Math.max(...values));
        expect(Math.min(...shown)).toBe(Math.min(...values));
      },
    ),
  );
});
