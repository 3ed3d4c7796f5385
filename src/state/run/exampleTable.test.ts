import { expect, test } from "vitest";
import type { ExampleResult } from "#run/evaluation/examples.ts";
import type { ExamplesReport } from "#session/reports.ts";
import {
  arrangeExamples,
  describeExamples,
  exampleCounts,
  examplesAsCsv,
  nextExampleOrder,
  pageOfExamples,
} from "./exampleTable.ts";

function row(
  place: number,
  isRight: boolean,
  probability: number,
  wasRight?: boolean,
): ExampleResult {
  const before = { answered: "great", isRight: wasRight ?? false, probability: 0.6 };
  return {
    row: place,
    text: "Fine. It was",
    right: "great",
    isRight,
    probability,
    answered: isRight ? "great" : "terrible",
    rightProbability: isRight ? probability : 1 - probability,
    ...(wasRight === undefined ? {} : { before }),
  };
}

const report: ExamplesReport = {
  step: 400,
  rows: [
    row(1, true, 0.7, true),
    row(2, false, 0.6, true),
    row(3, true, 0.9, false),
    row(4, false, 0.8, false),
  ],
};

const places = (rows: readonly ExampleResult[]) => rows.map(({ row: place }) => place);

test("wrong answers come first, the surest at the head, then the right ones, the least sure first", () => {
  expect(places(arrangeExamples(report, "all", null))).toEqual([4, 2, 1, 3]);
});

test("rows are counted as wrong, turned right and turned wrong, and each can be had alone", () => {
  expect(exampleCounts(report)).toEqual({
    all: 4,
    wrong: 2,
    "turned right": 1,
    "turned wrong": 1,
  });
  expect(places(arrangeExamples(report, "turned wrong", null))).toEqual([2]);
  expect(describeExamples(report)).toBe(
    "After step 400, 2 of 4 rows are answered right. Training turned 1 right and 1 wrong.",
  );
});

test("nothing is said of turning before the base model was asked", () => {
  const rows = report.rows.map(({ before: _, ...rest }) => rest);
  expect(describeExamples({ step: 0, rows })).toBe(
    "Before training, 2 of 4 rows are answered right.",
  );
});

test("a column's order is turned round by a second click and taken away by a third", () => {
  const first = nextExampleOrder(null, "sure");
  expect(places(arrangeExamples(report, "all", first))).toEqual([3, 4, 1, 2]);
  const second = nextExampleOrder(first, "sure");
  expect(places(arrangeExamples(report, "all", second))).toEqual([2, 1, 4, 3]);
  expect(nextExampleOrder(second, "sure")).toBeNull();
});

test("a thousand rows are shown a page at a time, and no page lies beyond the last", () => {
  const many = Array.from({ length: 1000 }, (_, i) => row(i + 1, true, 0.9));
  expect(pageOfExamples(many, 39)).toMatchObject({
    page: 39,
    pages: 40,
    words: "976 to 1,000 of 1,000",
  });
  expect(pageOfExamples(many, 99).page).toBe(39);
  expect(pageOfExamples([], 3)).toMatchObject({ page: 0, pages: 1, words: "No rows" });
});

test("quotes, commas and line ends survive in the CSV", () => {
  const odd = { ...row(1, true, 0.7), text: 'He said "no",\nthen left' };
  const csv = examplesAsCsv({ step: 1, rows: [odd] });
  expect(csv.split("\r\n")[1]).toBe('1,"He said ""no"",\nthen left",great,great,true,0.7,0.7,,,,,');
});
