import { expect, test } from "vitest";
import { describeEvaluations, evaluationCurveOf } from "../charts/curves.ts";
import { appendEvaluation, EMPTY_SERIES } from "../charts/runSeries.ts";
import { evaluation } from "../testing/fakeReports.ts";
import { formatScore, scoreName } from "./score.ts";

const written = [
  { ...evaluation(0, 3.1, 0.1), f1: 0.312 },
  { ...evaluation(50, 2.2, 0.4), f1: 0.455 },
];

test("where answers are written, curves, tables and rows show F1 in the place of accuracy", () => {
  const series = written.reduce(appendEvaluation, EMPTY_SERIES);
  const curve = evaluationCurveOf(series, "score", "step");
  expect([curve.y, curve.before]).toEqual([
    [0.312, 0.455],
    [0.312, 0.312],
  ]);
  expect(describeEvaluations(written, "score")).toMatch(
    /^Held-out F1 .*31\.2 % at step 0, 45\.5 % at step 50/,
  );
  expect(formatScore(written[1])).toBe("45.5 % F1");
  expect(formatScore(evaluation(50, 0.3, 0.885))).toBe("88.5 %");
  expect([scoreName(written[0]), scoreName(undefined)]).toEqual(["F1", "accuracy"]);
});
