import { expect, test } from "vitest";
import { formatInterval, summarizeResult } from "./result.ts";
import { evaluation, fakeRecord } from "./testing/fakeReports.ts";

const after = (accuracy: number, n = 200) =>
  summarizeResult({
    ...fakeRecord,
    zeroShot: { ...evaluation(0, 0.7, 0.5), n },
    lastEvaluation: { ...evaluation(400, 0.4, accuracy), n },
  });

test("intervals apart are called clearly better or clearly worse", () => {
  expect(after(0.9)?.verdict).toContain("clearly answers better");
  expect(after(0.2)?.verdict).toContain("clearly answers worse");
});

test("overlapping intervals are called what they may be: chance", () => {
  expect(after(0.6, 20)?.verdict).toContain("this may be chance");
});

test("a run judged by what it writes is told by its F1, without a claim the mean cannot carry", () => {
  const summary = summarizeResult({
    ...fakeRecord,
    zeroShot: { ...evaluation(0, 3.1, 0.1), f1: 0.312, n: 200 },
    lastEvaluation: { ...evaluation(400, 2.2, 0.4), f1: 0.455, n: 200 },
  });
  expect(summary?.after).toMatchObject({ f1: 0.455, accuracy: 0.4 });
  expect(summary?.verdict).toBe(
    "On 200 rows the model never trained on, what the model writes gives a mean F1 of 45.5 %; " +
      "before, it was 31.2 %.",
  );
});

test("a run without an evaluation after training has no result", () => {
  const { lastEvaluation: _, ...record } = fakeRecord;
  expect(summarizeResult(record)).toBeNull();
  expect(summarizeResult({ ...record, lastEvaluation: evaluation(0, 0.7, 0.5) })).toBeNull();
});

test("an interval is told in percent", () => {
  expect(formatInterval([0.831, 0.924])).toBe("83.1 % to 92.4 %");
});
