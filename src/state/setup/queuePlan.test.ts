import { expect, test } from "vitest";
import { fakeCatalogue } from "../testing/fakeCatalogue.ts";
import { fakeQueue, fakeRuns } from "../testing/fakeReports.ts";
import { planErrors, planQueue, queuedRuns, seedCountFrom } from "./queuePlan.ts";
import { EMPTY_DRAFT } from "./settingsForm.ts";

const draft = { ...EMPTY_DRAFT, texts: { seed: "42", learningRate: "1e-4" } };

test("methods take turns within each seed, so that stopping early leaves pairs", () => {
  const plan = planQueue(fakeCatalogue, draft, ["mezo", "lezo"], 2, "opt-125m");
  expect(plan.map(({ settings }) => [settings["method"], settings["seed"]])).toEqual([
    ["mezo", 42],
    ["lezo", 42],
    ["mezo", 43],
    ["lezo", 43],
  ]);
});

test("what was typed holds for every method, the rest stands at each method's default", () => {
  const plan = planQueue(fakeCatalogue, draft, ["mezo", "lezo"], 1, "opt-125m");
  expect(plan.map(({ settings }) => settings["learningRate"])).toEqual([1e-4, 1e-4]);
  expect(plan.map(({ settings }) => settings["lezoSparsity"])).toEqual([undefined, 0.5]);
});

test("repeats are named by their seed", () => {
  const named = { ...draft, name: "first try" };
  const plan = planQueue(fakeCatalogue, named, ["mezo"], 2, "opt-125m");
  expect(plan.map(({ name }) => name)).toEqual(["first try, seed 42", "first try, seed 43"]);
  const [alone] = planQueue(fakeCatalogue, draft, ["lezo"], 1, "opt-125m");
  expect(alone?.name).toBe("LeZO on opt-125m, lr 1e-4");
});

test("a value out of one method's range is found before anything is queued", () => {
  const wrong = { ...draft, texts: { lezoSparsity: "2" } };
  expect(planErrors(fakeCatalogue, wrong, ["mezo"])).toBe(0);
  expect(planErrors(fakeCatalogue, wrong, ["mezo", "lezo"])).toBe(1);
});

test("the queue is in the order in which its runs were added", () => {
  const runs = [...fakeRuns, ...fakeQueue.toReversed()];
  expect(queuedRuns(runs).map(({ record }) => record.id)).toEqual([
    "waiting-0",
    "waiting-1",
    "waiting-2",
  ]);
  expect(queuedRuns(null)).toEqual([]);
});

test("a number of seeds that makes no sense queues nothing", () => {
  expect(["3", " 20 ", "0", "21", "1.5", ""].map(seedCountFrom)).toEqual([
    3,
    20,
    null,
    null,
    null,
    null,
  ]);
});
