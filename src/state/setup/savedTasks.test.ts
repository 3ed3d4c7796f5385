import { expect, test } from "vitest";
import { DEFAULT_PREFERENCES, parsePreferences } from "../preferences.ts";
import { fakeTask } from "../testing/fakeData.ts";
import {
  readTaskFile,
  savedLike,
  taskFile,
  withoutSaved,
  withRenamed,
  withSaved,
} from "./savedTasks.ts";

if ("task" in fakeTask) throw new Error("The task of the tests is one's own.");
const saved = { name: "reviews", task: fakeTask };
const other = { name: "other", task: { ...fakeTask, template: "{text} So" } };

test("a task saved again under its name replaces the old one", () => {
  const again = { name: "reviews", task: other.task };
  expect(withSaved([saved, other], again)).toEqual([again, other]);
  expect(withSaved([saved], other)).toEqual([saved, other]);
});

test("a task is renamed unless the name is taken or empty, and taken out by its name", () => {
  expect(withRenamed([saved], "reviews", " films ")).toEqual([{ ...saved, name: "films" }]);
  expect(withRenamed([saved, other], "reviews", "other")).toEqual([saved, other]);
  expect(withRenamed([saved], "reviews", " ")).toEqual([saved]);
  expect(withoutSaved([saved, other], "reviews")).toEqual([other]);
});

test("a saved task in use is known by what it says, whatever the order of its fields", () => {
  const shuffled = Object.fromEntries(Object.entries(fakeTask).reverse());
  expect(savedLike([other, saved], { ...fakeTask, ...shuffled })).toBe(saved);
  expect(savedLike([saved], other.task)).toBeUndefined();
});

test("a task goes through a file, and what is none is refused", () => {
  const choice = {
    name: "choice",
    task: { ...fakeTask, kind: "multiple choice" as const, optionColumns: ["a", "b"] },
  };
  expect(readTaskFile(taskFile(saved))).toEqual(saved);
  expect(readTaskFile(taskFile(choice))).toEqual(choice);
  for (const text of [
    "",
    "[]",
    '{"schema": "zeroth-task/1", "name": "x"}',
    JSON.stringify(saved),
  ]) {
    expect(readTaskFile(text)).toBeNull();
  }
});

test("one preference that makes no sense does not cost the others, nor the saved tasks", () => {
  const kept = parsePreferences({ theme: "pink", smoothing: 0.5, tasks: [saved] });
  expect(kept).toEqual({ ...DEFAULT_PREFERENCES, smoothing: 0.5, tasks: [saved] });
});
