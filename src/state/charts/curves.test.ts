import { expect, test } from "vitest";
import { evaluation } from "../testing/fakeReports.ts";
import { fakeStep } from "../testing/fakeSteps.ts";
import {
  curveOf,
  describeLoss,
  drawingNotes,
  evaluationCurveOf,
  evaluationX,
  extentOf,
  panBy,
  tableRows,
  zoomBy,
} from "./curves.ts";
import { appendSteps, EMPTY_SERIES } from "./runSeries.ts";

const seriesOf = (losses: readonly number[]) =>
  appendSteps(
    EMPTY_SERIES,
    losses.map((loss, i) => ({ ...fakeStep(i + 1), loss })),
  );
const plain = { axis: "step", smoothing: 0, isLog: false, range: null } as const;

test("a log axis hides what it cannot show, and says how much", () => {
  const curve = curveOf(seriesOf([1, 0, -2, 3]), "loss", { ...plain, isLog: true });
  expect(curve.raw).toEqual([1, null, null, 3]);
  expect(drawingNotes(curve, [])).toEqual(["2 points at or below 0 are hidden on a log axis."]);
});

test("a loss that is not a number leaves a gap and a note", () => {
  const series = seriesOf([1, Number.NaN, 3]);
  const curve = curveOf(series, "loss", plain);
  expect(curve.raw).toEqual([1, null, 3]);
  expect(drawingNotes(curve, series.notFinite)[0]).toContain("first: step 2");
});

test("a thinned curve says how many of its points are drawn", () => {
  const curve = curveOf(seriesOf(Array.from({ length: 5000 }, (_, i) => i % 7)), "loss", plain);
  expect(curve.x.length).toBeLessThanOrEqual(1200);
  expect(drawingNotes(curve, [])[0]).toContain("of 5,000 points");
});

test("the same steps can be seen against forward passes", () => {
  expect(curveOf(seriesOf([1, 2]), "loss", { ...plain, axis: "forwardPasses" }).x).toEqual([2, 4]);
});

test("a held-out point stands where its step stands, whatever the evaluation itself took", () => {
  const series = appendSteps(EMPTY_SERIES, [
    { ...fakeStep(1), seconds: 10, tokens: 100 },
    { ...fakeStep(2), seconds: 50, tokens: 200 },
  ]);
  const points = [evaluation(0, 0.7, 0.5), { ...evaluation(2, 0.6, 0.8), seconds: 3 }];
  const on = (axis: "step" | "tokens" | "seconds") =>
    points.map((point) => evaluationX(series, point, axis));
  expect(on("step")).toEqual([0, 2]);
  expect(on("tokens")).toEqual([0, 200]);
  expect(on("seconds")).toEqual([0, 50]);
});

test("the value before training runs level through the evaluation chart", () => {
  const evaluations = [evaluation(0, 0.7, 0.5), evaluation(50, 0.6, 0.8)];
  const curve = evaluationCurveOf({ ...EMPTY_SERIES, evaluations }, "score", "step");
  expect(curve).toMatchObject({ x: [0, 50], y: [0.5, 0.8], before: [0.5, 0.5] });
});

test("the majority baseline runs level through accuracy alone, the best step stands in both charts", () => {
  const evaluations = [evaluation(0, 0.7, 0.5), evaluation(50, 0.4, 0.8), evaluation(99, 0.6, 0.9)];
  const majority = { label: "1", share: 0.55, trainLabel: "1", trainShare: 0.55 };
  const series = { ...EMPTY_SERIES, evaluations };
  const record = { majority, best: evaluations[1]! };
  expect(evaluationCurveOf(series, "score", "step", record)).toMatchObject({
    majority: [0.55, 0.55, 0.55],
    best: [null, 0.8, null],
  });
  expect(evaluationCurveOf(series, "loss", "step", record)).toMatchObject({
    majority: [null, null, null],
    best: [null, 0.4, null],
  });
});

test("where answers are written, their F1 is drawn in place of accuracy", () => {
  const evaluations = [{ ...evaluation(0, 0.7, 0.1), f1: 0.3 }];
  expect(evaluationCurveOf({ ...EMPTY_SERIES, evaluations }, "score", "step").y).toEqual([0.3]);
});

test("zooming out to everything is the same as no zoom", () => {
  const extent = [0, 100] as const;
  const zoomed = zoomBy(null, extent, 0.5);
  expect(zoomed).toEqual([25, 75]);
  expect(zoomBy(zoomed, extent, 2)).toBeNull();
});

test("moving the view stops at the end of the axis", () => {
  expect(panBy([50, 90], [0, 100], 0.5)).toEqual([60, 100]);
  expect(panBy(null, [0, 100], 0.5)).toBeNull();
});

test("an axis starts at zero and needs two points", () => {
  expect(extentOf(seriesOf([1]), "step")).toBeNull();
  expect(extentOf(seriesOf([1, 2, 3]), "step")).toEqual([0, 3]);
});

test("the summary of the loss tells first, smoothed and lowest", () => {
  expect(describeLoss(seriesOf([0.8, 0.2, 0.4]), 0)).toBe(
    "Training loss over 3 steps: first 0.8000, smoothed now 0.4000, lowest 0.2000.",
  );
});

test("a table of a long run holds its first and its last step", () => {
  const rows = tableRows(seriesOf(Array.from({ length: 999 }, () => 1)), 0);
  expect(rows.length).toBe(40);
  expect(rows[0]?.step).toBe(1);
  expect(rows.at(-1)?.step).toBe(999);
});
