import { expect, test } from "vitest";
import { evaluation } from "../testing/fakeReports.ts";
import { fakeStep } from "../testing/fakeSteps.ts";
import {
  alignOverlay,
  describeOverlay,
  nearestPoint,
  overlayExtent,
  overlayLine,
} from "./overlay.ts";
import { appendEvaluation, appendSteps, EMPTY_SERIES } from "./runSeries.ts";

const seriesOf = (losses: readonly number[], secondsEach = 1) =>
  appendSteps(
    EMPTY_SERIES,
    losses.map((loss, i) => ({ ...fakeStep(i + 1), loss, seconds: (i + 1) * secondsEach })),
  );

test("runs that differ only in their seed become their median, between lowest and highest", () => {
  const group = [seriesOf([1, 4]), seriesOf([3, 9]), seriesOf([2, 5])];
  expect(overlayLine(group, "loss", "step", 0)).toEqual({
    x: [1, 2],
    y: [2, 5],
    band: { low: [1, 4], high: [3, 9] },
    n: 3,
  });
});

test("a group ends where the first of its runs ended", () => {
  expect(overlayLine([seriesOf([1, 2, 3]), seriesOf([1])], "loss", "step", 0).x).toEqual([1]);
});

test("a step of a group stands at the median of its times", () => {
  const group = [seriesOf([1, 1], 1), seriesOf([1, 1], 2), seriesOf([1, 1], 9)];
  expect(overlayLine(group, "loss", "seconds", 0).x).toEqual([2, 4]);
});

test("a single run has no band", () => {
  expect(overlayLine([seriesOf([1, 2])], "loss", "step", 0).band).toBeUndefined();
});

test("held-out rows stand at the tokens their step had seen", () => {
  const series = [evaluation(0, 0.7, 0.5), evaluation(2, 0.6, 0.8)].reduce(
    appendEvaluation,
    seriesOf([1, 1, 1]),
  );
  expect(overlayLine([series], "heldOutAccuracy", "tokens", 0)).toMatchObject({
    x: [0, 2 * 864],
    y: [0.5, 0.8],
  });
});

test("lines that share no places are laid on one axis, bands beneath them", () => {
  const lines = [
    { x: [1, 3], y: [5, 6], n: 1 },
    { x: [2], y: [7], n: 2, band: { low: [6], high: [8] } },
  ];
  expect(alignOverlay(lines, false)).toEqual({
    x: [1, 2, 3],
    columns: [
      [null, 8, null],
      [null, 6, null],
      [5, null, 6],
      [null, 7, null],
    ],
  });
  expect(alignOverlay([{ x: [1, 2], y: [0, 3], n: 1 }], true).columns).toEqual([[null, 3]]);
});

test("the cursor finds each line's nearest point", () => {
  const line = [null, 1, null, null, 2];
  expect(nearestPoint(line, 0)).toBe(1);
  expect(nearestPoint(line, 3)).toBe(4);
  expect(nearestPoint([null, null], 1)).toBeNull();
});

test("20,000 steps are drawn with 500 points, the last among them", () => {
  const line = overlayLine([seriesOf(Array.from({ length: 20_000 }, () => 1))], "loss", "step", 0);
  expect(line.x.length).toBe(500);
  expect(line.x.at(-1)).toBe(20_000);
  expect(overlayExtent([line])).toEqual([0, 20_000]);
});

test("an overlay is told in words, line by line", () => {
  const lines = [
    { x: [1, 2], y: [0.7, 0.4], n: 1 },
    { x: [], y: [], n: 1 },
  ];
  expect(describeOverlay("Loss", ["a", "b"], lines, String)).toBe(
    "Loss. a: 0.7 to 0.4. b: nothing measured.",
  );
});
