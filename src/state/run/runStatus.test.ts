import { describe, expect, test } from "vitest";
import type { RunStatus } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import { fakeRecord } from "../testing/fakeReports.ts";
import { reportOf } from "../testing/fakeRun.ts";
import { losesByClosing, statusMeaning } from "./runStatus.ts";

function report(status: RunStatus, unsaved?: { readonly savedStep: number }): RunReport {
  const told = reportOf({ ...fakeRecord, status, step: 1212 }, null);
  return { ...told, savedStep: 1212, ...(unsaved && { ...unsaved, hasUnsaved: true }) };
}

describe("what is said of a run at rest", () => {
  test("calls it saved where all of it is", () => {
    expect(statusMeaning(report("finished"))).toBe("All steps are done and the weights are saved.");
    expect(statusMeaning(report("paused"))).toContain("Nothing is lost by closing the page.");
  });

  test("names the steps that are not saved yet, and what makes the page save them", () => {
    const advice =
      "Keep this page open and delete runs you no longer need: once there is room, the page saves " +
      "by itself.";
    expect(statusMeaning(report("finished", { savedStep: 2 }))).toBe(
      `All steps are done. Not saved yet: 1,210 steps, from step 3 on. ${advice}`,
    );
    expect(statusMeaning(report("paused", { savedStep: 1211 }))).toBe(
      `Waiting. Not saved yet: 1 step, from step 1,212 on. ${advice}`,
    );
    expect(statusMeaning(report("diverged", { savedStep: 1200 }))).toContain(
      "or was no longer a number. Not saved yet: 12 steps, from step 1,201 on.",
    );
  });

  test("says so where only its end is not saved", () => {
    expect(statusMeaning(report("finished", { savedStep: 1212 }))).toContain(
      "All steps are done. Not saved yet: how it was last scored or ended.",
    );
  });
});

test("a run at work is told of by its work; the notice of a full store stands beside it", () => {
  expect(statusMeaning(report("running", { savedStep: 2 }))).toBe("Weights are being updated.");
});

test("the page asks before it closes while a run trains, and while not all of one is saved", () => {
  expect(losesByClosing(report("running"))).toBe(true);
  expect(losesByClosing(report("finished", { savedStep: 2 }))).toBe(true);
  expect(losesByClosing(report("paused", { savedStep: 1212 }))).toBe(true);
  expect(losesByClosing(report("finished"))).toBe(false);
  expect(losesByClosing(report("paused"))).toBe(false);
});
