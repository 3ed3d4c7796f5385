import { expect, test } from "vitest";
import type { StepRecord } from "#run/store/records.ts";
import { fakeStep } from "../testing/fakeSteps.ts";
import { correctionCurve, describeCorrection, summarizeAnchors } from "./anchors.ts";
import { appendSteps, EMPTY_SERIES } from "./runSeries.ts";

const anchor = (step: number, forwardPasses: number): StepRecord => ({
  ...fakeStep(step),
  loss: 0.6,
  forwardPasses,
  learningRate: 1e-3,
  extra: { kind: "anchor" },
});
const mini = (step: number, forwardPasses: number, g: number, snapshot: number): StepRecord => ({
  ...fakeStep(step),
  forwardPasses,
  projectedGrad: g,
  learningRate: 1e-5,
  extra: { kind: "mini", snapshot_projected_grad: snapshot },
});
const series = appendSteps(EMPTY_SERIES, [
  anchor(1, 100),
  mini(2, 104, 4, 3),
  mini(3, 108, -2, -2.2),
  anchor(4, 208),
  mini(5, 212, 1, 0.6),
]);

test("an anchor's age and price are read from the steps since and the passes it took", () => {
  expect(summarizeAnchors(series)).toMatchObject({
    anchors: 2,
    lastAnchorStep: 4,
    age: 1,
    anchorLoss: 0.6,
    anchorPasses: 200,
    anchorShare: 200 / 212,
    anchorRate: 1e-3,
    miniRate: 1e-5,
  });
});

test("the correction is what is left of a batch's slope once the snapshot's is taken away", () => {
  const curve = correctionCurve(series, "step", null);
  expect(curve.x).toEqual([2, 3, 5]);
  expect(curve.plain).toEqual([4, 2, 1]);
  expect(curve.corrected[0]).toBe(1);
  // 1/4, 0.2/2 and 0.4/1: the middle one.
  expect(summarizeAnchors(series)?.correctionRatio).toBeCloseTo(0.25, 12);
});

test("a run without anchors shows nothing of them", () => {
  expect(summarizeAnchors(appendSteps(EMPTY_SERIES, [fakeStep(1)]))).toBeNull();
});

test("an anchor alone has nothing to correct yet", () => {
  const summary = summarizeAnchors(appendSteps(EMPTY_SERIES, [anchor(1, 100)]));
  expect(summary?.correctionRatio).toBeNull();
  expect(summary && describeCorrection(summary)).toBe("No step between two anchors yet.");
});
