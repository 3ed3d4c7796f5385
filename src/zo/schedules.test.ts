import { expect, test } from "vitest";
import { learningRateAt, schedules } from "./schedules.ts";

test("a constant rate does not change", () => {
  expect([0, 5, 10].map((step) => learningRateAt("constant", 3e-6, step, 10))).toEqual([
    3e-6, 3e-6, 3e-6,
  ]);
});

test("a linear rate falls to zero at the end of the run", () => {
  const rates = [0, 2, 5, 10].map((step) => learningRateAt("linear", 2, step, 10));
  expect(rates).toEqual([2, 1.6, 1, 0]);
});

test("a cosine rate is half after half the steps and zero at the end", () => {
  // python: transformers.get_cosine_schedule_with_warmup(optimizer, 0, 8), lr of steps 0, 2, 4, 6, 8
  const expected = [1, 0.8535533905932737, 0.5, 0.14644660940672627, 0];
  [0, 2, 4, 6, 8].forEach((step, i) => {
    expect(learningRateAt("cosine", 1, step, 8)).toBeCloseTo(expected[i]!, 12);
  });
});

test.each(schedules)("a %s rate never rises, nor turns negative beyond the end", (schedule) => {
  const rates = Array.from({ length: 15 }, (_, step) => learningRateAt(schedule, 1, step, 10));
  for (let i = 1; i < 15; i++) expect(rates[i]!).toBeLessThanOrEqual(rates[i - 1]!);
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(0);
});
