import { expect, test } from "vitest";
import type { EvaluationRecord } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import { evaluation, fakeRecord } from "../testing/fakeReports.ts";
import { downloadChoices } from "./downloads.ts";

function report(best: EvaluationRecord | undefined, travelledTo: number | null = null): RunReport {
  const { best: _, ...rest } = fakeRecord;
  return {
    record: { ...rest, step: 400, ...(best && { best }) },
    totalSteps: 400,
    stepsPerSecond: null,
    tokensPerSecond: null,
    etaSeconds: null,
    gpuBytes: {},
    savedAt: null,
    savedStep: 400,
    hasUnsaved: false,
    travelledTo,
    asks: [],
    activeShare: 1,
  };
}

const names = (of: RunReport) => downloadChoices(of).choices.map(({ name, at }) => [name, at]);

test("the best weights are offered first where they are not the last", () => {
  const of = report(evaluation(320, 0.31, 0.9));
  expect(names(of)).toEqual([
    ["the best (step 320)", "best"],
    ["the last (step 400)", "last"],
  ]);
  expect(downloadChoices(of).reason).toBe("Step 320 has the lowest held-out loss, 0.3100.");
});

test("a step gone back to can be had as well", () => {
  expect(names(report(evaluation(320, 0.31, 0.9), 120)).at(-1)).toEqual(["step 120", undefined]);
  expect(names(report(evaluation(320, 0.31, 0.9), 320)).length).toBe(2);
});

test("where the last is the best, or nothing was scored, there is one model", () => {
  expect(names(report(evaluation(400, 0.31, 0.9)))).toEqual([["model", "last"]]);
  expect(downloadChoices(report(undefined))).toEqual({
    choices: [{ name: "model", at: "last" }],
    reason: null,
  });
});
