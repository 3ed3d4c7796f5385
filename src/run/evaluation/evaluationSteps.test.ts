import { expect, test } from "vitest";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { EvaluationRecord } from "../store/records.ts";
import { bestOf, betterOf, evaluationInterval, isEvaluatedAfter } from "./evaluationSteps.ts";

// MeZO's mezo.sh: STEPS=20000, EVAL_STEPS=4000.
test("a run is evaluated five times, as MeZO's are", () => {
  expect(evaluationInterval(resolveSettings({ steps: 20_000 }))).toBe(4000);
});

test("whatever the settings, the model is evaluated before the first step and after the last", () => {
  const settings = resolveSettings({ steps: 7, evalEvery: 3 });
  const due = Array.from({ length: 8 }, (_, step) => step).filter((step) =>
    isEvaluatedAfter(settings, step),
  );
  expect(due).toEqual([0, 3, 6, 7]);
});

const at = (step: number, loss: number): EvaluationRecord => ({
  step,
  loss,
  accuracy: 0.5,
  n: 10,
  seconds: 1,
  forwardPasses: 2 * step,
});

test("the best evaluation is the first one with the lowest loss", () => {
  const best = bestOf([at(0, 0.9), at(10, 0.5), at(20, 0.4), at(30, 0.4), at(40, 0.6)]);
  expect(best?.step).toBe(20);
});

test("the model before training is the best step of a run that never improved on it", () => {
  expect(bestOf([at(0, 0.1), at(10, 0.5), at(20, 0.1)])?.step).toBe(0);
});

test("a loss that is not finite cannot be the best", () => {
  expect(bestOf([at(0, Number.NaN), at(10, 0.5), at(20, Number.NaN)])?.step).toBe(10);
  expect(bestOf([at(0, Number.NaN)])).toBeUndefined();
});

test("a step that is evaluated again counts with its newer result", () => {
  expect(betterOf(at(10, 0.4), at(10, 0.5))?.loss).toBe(0.5);
});
