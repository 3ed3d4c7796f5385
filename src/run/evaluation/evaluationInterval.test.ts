import { expect, test } from "vitest";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { evaluationInterval, isEvaluatedAfter } from "./evaluationInterval.ts";

// MeZO's mezo.sh: STEPS=20000, EVAL_STEPS=4000.
test("a run is evaluated five times, as MeZO's are", () => {
  expect(evaluationInterval(resolveSettings({ steps: 20_000 }))).toBe(4000);
});

test("whatever was set, the model is scored before the first step and after the last", () => {
  const settings = resolveSettings({ steps: 7, evalEvery: 3 });
  const due = Array.from({ length: 8 }, (_, step) => step).filter((step) =>
    isEvaluatedAfter(settings, step),
  );
  expect(due).toEqual([0, 3, 6, 7]);
});
