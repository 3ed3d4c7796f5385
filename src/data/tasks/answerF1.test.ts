import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { answerF1, normalizeAnswer } from "./answerF1.ts";

// Written by src/tools/task_prompts.py, with Python's own rules for letters and white space.
const cases: { predicted: string; golds: string[]; normalized: string; f1: number }[] =
  readFileSync(
    new URL("../../../test/fixtures/tasks/answers.expected.jsonl", import.meta.url),
    "utf8",
  )
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test.each(cases)("$predicted against $golds scores $f1, as in Python", (example) => {
  expect(normalizeAnswer(example.predicted)).toBe(example.normalized);
  expect(answerF1(example.predicted, example.golds)).toBeCloseTo(example.f1, 12);
});
