import { expect, test } from "vitest";
import type { EncodedExample } from "#data/tasks/task.ts";
import { majorityOf } from "./majority.ts";

const task = { kind: "classification", labels: ["no", "yes"], words: [" No", " Yes"] } as const;
const rows = (...answers: readonly number[]): EncodedExample[] =>
  answers.map((answer, row) => ({ row, answer, options: [] }));

// WSC's validation set: 66 of 104 examples have label 0, so always predicting 0 scores 63.46 %.
// See facebookresearch's SuperGLUE leaderboard, "Most Frequent".
test("always predicting WSC's most frequent label scores 63.46 %", () => {
  const dev = rows(...Array(66).fill(0), ...Array(38).fill(1));
  const majority = majorityOf(task, rows(0, 0, 1), dev);
  expect(majority).toMatchObject({ label: "no", trainLabel: "no" });
  expect(majority!.share).toBeCloseTo(0.6346, 4);
});

test("the most frequent label of the training set is scored on the validation set", () => {
  expect(majorityOf(task, rows(1, 1, 0), rows(0, 0, 0, 1))).toEqual({
    label: "no",
    share: 0.75,
    trainLabel: "yes",
    trainShare: 0.25,
  });
});

test("there is no majority label without a validation set, or if options differ by example", () => {
  const choice = { ...task, kind: "multiple choice" } as const;
  expect(majorityOf(choice, rows(0), rows(0))).toBeUndefined();
  expect(majorityOf(task, rows(0), [])).toBeUndefined();
});
