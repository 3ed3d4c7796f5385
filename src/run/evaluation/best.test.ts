import { expect, test } from "vitest";
import type { EvaluationRecord } from "../store/records.ts";
import { bestOf, betterOf } from "./best.ts";

const at = (step: number, loss: number): EvaluationRecord => ({
  step,
  loss,
  accuracy: 0.5,
  n: 10,
  seconds: 1,
  forwardPasses: 2 * step,
});

test("the best evaluation has the lowest loss, and is the first of equals", () => {
  const best = bestOf([at(0, 0.9), at(10, 0.5), at(20, 0.4), at(30, 0.4), at(40, 0.6)]);
  expect(best?.step).toBe(20);
});

test("the model before training is no candidate, nor is a loss that is no number", () => {
  expect(bestOf([at(0, 0.1), at(10, 0.5), at(20, Number.NaN)])?.step).toBe(10);
  expect(bestOf([at(0, 0.1)])).toBeUndefined();
});

test("a step told anew takes its own place", () => {
  expect(betterOf(at(10, 0.4), at(10, 0.5))?.loss).toBe(0.5);
});
