import { expect, test } from "vitest";
import { evaluation, fakeRecord } from "../testing/fakeReports.ts";
import { finalTestText } from "./finalTest.ts";
import { formatInterval, summarizeResult } from "./result.ts";

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

test("a run that diverged is not said to have changed by chance", () => {
  const summary = summarizeResult({
    ...fakeRecord,
    status: "diverged",
    zeroShot: { ...evaluation(0, 0.5, 0.6), n: 256 },
    lastEvaluation: { ...evaluation(200, 7e11, 0.5), n: 256 },
  });
  expect(summary?.verdict).toMatch(/^The run diverged: its validation loss was 0\.5\d* before/);
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
  expect(summary?.after).toMatchObject({ value: 0.455, exact: 0.4 });
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

test("the best step is told where it is not the last", () => {
  expect(after(0.9)?.best).toBe(
    "The best step was 7,200: held-out loss 0.4200, accuracy 83.0 % (95 % interval 77.2 % to 87.6 %).",
  );
  const last = { ...fakeRecord, best: evaluation(fakeRecord.step, 0.4, 0.9) };
  expect(summarizeResult(last)?.best).toBeNull();
});

test("an accuracy whose interval holds the majority baseline is said not to beat it", () => {
  expect(after(0.9)?.baseline).toBe("Majority baseline 51.5 %: always answering “1”.");
  expect(after(0.55)?.baseline).toContain("does not clearly beat it");
});

test("where answers are written, the result is their F1 with its own interval", () => {
  const written = { ...evaluation(400, 0.4, 0.2), f1: 0.6, f1Interval: [0.55, 0.65] as const };
  const zeroShot = { ...evaluation(0, 0.7, 0.1), f1: 0.3, f1Interval: [0.25, 0.35] as const };
  const summary = summarizeResult({ ...fakeRecord, zeroShot, lastEvaluation: written });
  expect(summary?.after).toEqual({ value: 0.6, interval: [0.55, 0.65], exact: 0.2, n: 200 });
  expect(summary?.verdict).toContain("a mean F1 of 60.0 %; before, it was 30.0 %. That is clearly");
});

test("where answers are written, an F1 that fell is called clearly worse", () => {
  const written = { ...evaluation(400, 0.4, 0.2), f1: 0.3, f1Interval: [0.25, 0.35] as const };
  const zeroShot = { ...evaluation(0, 0.7, 0.1), f1: 0.6, f1Interval: [0.55, 0.65] as const };
  const summary = summarizeResult({ ...fakeRecord, zeroShot, lastEvaluation: written });
  expect(summary?.verdict).toContain("before, it was 60.0 %. That is clearly worse.");
});

test("a final test is told with the interval of its own measure", () => {
  const share = { ...evaluation(400, 0.4, 0.5), n: 100 };
  // Python, p=.5; n=100; z=1.959964: c=(p+z*z/2/n)/(1+z*z/n);
  // h=z/(1+z*z/n)*sqrt(p*(1-p)/n+z*z/4/n/n); (c-h, c+h) == (0.40383, 0.59617)
  expect(finalTestText({ ...fakeRecord, testEvaluation: share })).toContain(
    "50.0 % right (95 % interval 40.4 % to 59.6 %) on 100 rows",
  );
  const mean = { ...share, f1: 0.6, f1Interval: [0.55, 0.65] as const };
  expect(finalTestText({ ...fakeRecord, testEvaluation: mean })).toContain(
    "F1 60.0 % (95 % interval 55.0 % to 65.0 %) on 100 rows",
  );
});
