import { expect, test } from "vitest";
import { evaluation } from "../testing/fakeReports.ts";
import { fakeStep } from "../testing/fakeSteps.ts";
import { appendEvaluation, appendSteps, column, EMPTY_SERIES, lastOf } from "./runSeries.ts";

const stepsFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => fakeStep(first + i));

test("20,000 steps added in batches of 16 keep their order", () => {
  let series = EMPTY_SERIES;
  for (let first = 1; first <= 20_000; first += 16) {
    series = appendSteps(series, stepsFrom(first, first + 15));
  }
  expect(series.length).toBe(20_000);
  expect(column(series, "step")[19_999]).toBe(20_000);
  expect(lastOf(series)?.forwardPasses).toBe(40_000);
});

test("steps that come again after a lost GPU replace what stood there", () => {
  const before = appendSteps(EMPTY_SERIES, stepsFrom(1, 12));
  const after = appendSteps(before, [{ ...fakeStep(9), loss: 5 }]);
  expect([...column(after, "step")]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(lastOf(after)?.loss).toBe(5);
});

test("a step whose loss is not a number is remembered by its number", () => {
  const series = appendSteps(EMPTY_SERIES, [{ ...fakeStep(1), loss: Number.NaN, notFinite: true }]);
  expect(series.notFinite).toEqual([1]);
});

test("an evaluation made again replaces the first", () => {
  const once = appendEvaluation(EMPTY_SERIES, evaluation(100, 0.5, 0.7));
  const twice = appendEvaluation(once, evaluation(100, 0.4, 0.8));
  expect(twice.evaluations).toEqual([evaluation(100, 0.4, 0.8)]);
});

test("an empty series has no last step", () => {
  expect(lastOf(EMPTY_SERIES)).toBeUndefined();
});
