import { expect, test } from "vitest";
import { rateBeyond } from "./trialSteps.ts";

const points = (...losses: readonly (number | null)[]) =>
  losses.map((loss, i) => ({ learningRate: Number((1e-6 * 3 ** i).toPrecision(2)), loss }));

test("a lower rate is tried while the smallest one is the best", () => {
  expect(rateBeyond(points(0.5, 0.6, null))).toBe(3.3e-7);
  // Nothing but the smallest gave a finite loss.
  expect(rateBeyond(points(9, null, null))).toBe(3.3e-7);
});

test("a higher rate is tried while the largest one is the best, up to 1", () => {
  expect(rateBeyond(points(0.7, 0.6, 0.5))).toBe(2.7e-5);
  expect(
    rateBeyond([
      { learningRate: 0.1, loss: 0.7 },
      { learningRate: 0.5, loss: 0.5 },
    ]),
  ).toBeNull();
});

test("no rate is tried beyond a best one between two others, or after 15", () => {
  expect(rateBeyond(points(0.7, 0.5, 0.6))).toBeNull();
  expect(rateBeyond(points(...Array.from({ length: 15 }, (_, i) => i)))).toBeNull();
  expect(rateBeyond([])).toBeNull();
});
