import fc from "fast-check";
import { expect, test } from "vitest";
import { batchPlan } from "./batches.ts";

/** An order per epoch that any reader can follow: row e comes first, then on and around. */
function rotated(n: number): (epoch: number) => readonly number[] {
  return (epoch) => Array.from({ length: n }, (_, i) => (i + epoch) % n);
}

test("the last batch of an epoch is short, and the next epoch has its own order", () => {
  const plan = batchPlan(rotated(5), 5, 2);
  expect(plan.batchesPerEpoch).toBe(3);
  expect([0, 1, 2, 3, 4, 5].map((step) => plan.batchAt(step))).toEqual([
    [0, 1],
    [2, 3],
    [4],
    [1, 2],
    [3, 4],
    [0],
  ]);
});

test("every epoch visits every row once, whatever the sizes", () => {
  const sizes = fc.record({
    n: fc.integer({ min: 1, max: 40 }),
    batchSize: fc.integer({ min: 1, max: 50 }),
    epoch: fc.nat({ max: 9 }),
  });
  fc.assert(
    fc.property(sizes, ({ n, batchSize, epoch }) => {
      const plan = batchPlan(rotated(n), n, batchSize);
      const first = epoch * plan.batchesPerEpoch;
      const steps = Array.from({ length: plan.batchesPerEpoch }, (_, i) => first + i);
      expect(steps.flatMap((step) => [...plan.batchAt(step)])).toEqual(rotated(n)(epoch));
    }),
  );
});

test("a step deep in a run is found without asking for the epochs before it", () => {
  const asked: number[] = [];
  const plan = batchPlan(
    (epoch) => {
      asked.push(epoch);
      return rotated(4)(epoch);
    },
    4,
    2,
  );
  plan.batchAt(2_000_000);
  plan.batchAt(2_000_001);
  plan.batchAt(1);
  expect(asked).toEqual([1_000_000, 0]);
});

test("a batch larger than the data is all of it", () => {
  expect(batchPlan(rotated(3), 3, 16).batchAt(1)).toEqual([1, 2, 0]);
});

test("no rows, and batches of none or of half a row, are refused", () => {
  expect(() => batchPlan(rotated(0), 0, 4)).toThrow("There are 0 rows");
  expect(() => batchPlan(rotated(4), 4, 0)).toThrow("There are 0 rows in a batch");
  expect(() => batchPlan(rotated(4), 4, 1.5)).toThrow("There are 1.5 rows in a batch");
});
