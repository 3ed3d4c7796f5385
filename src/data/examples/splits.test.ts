import { expect, test } from "vitest";
import { ranked } from "#zo/draws.ts";
import { defaultSizes as mezoSizes, smallSizes } from "../tasks/definition.ts";
import type { Table } from "../tasks/task.ts";
import {
  type DataFiles,
  defaultRules,
  defaultSplitSizes,
  describeSplits,
  drawSplits,
  type SplitRules,
} from "./splits.ts";

function file(name: string, n: number): Table {
  const rows = Array.from({ length: n }, (_, i) => ({ text: `${name} ${i}` }));
  const rowNumbers = rows.map((_, i) => i + 1);
  return { name, format: "jsonl", columns: ["text"], rows, rowNumbers, problems: [] };
}

function files(train: number, second?: number, third?: number): DataFiles {
  return {
    train: file("train", train),
    second: second === undefined ? null : file("val", second),
    third: third === undefined ? null : file("test", third),
  };
}

const order = (seed: number, n: number) => ranked(seed, "split", 0, n);

function draw(
  of: DataFiles,
  isBuiltIn: boolean,
  chosen: Partial<SplitRules> = {},
  sizes = mezoSizes,
) {
  const secondFile = chosen.secondFile ?? "test";
  const rules = {
    ...defaultRules,
    ...defaultSplitSizes(of, sizes, { isBuiltIn, secondFile }),
    ...chosen,
  };
  return { rules, ...drawSplits(of, rules, order) };
}

function sizesOf({ train, dev, test }: ReturnType<typeof draw>) {
  return [train.rows.length, dev.rows.length, test.rows.length];
}

// What MeZO's code draws from each data set's train and validation split, by large_models/run.py and
// mezo.sh (TRAIN=1000, DEV=500 or 100, EVAL=1000) and the splits' sizes.
test.each([
  ["SST-2", files(67_349, 872), mezoSizes, [1000, 500, 872]],
  ["RTE", files(2490, 277), mezoSizes, [1000, 500, 277]],
  ["CB", files(250, 56), smallSizes, [150, 100, 56]],
  ["COPA", files(400, 100), smallSizes, [300, 100, 100]],
  ["WSC", files(554, 104), mezoSizes, [54, 500, 104]],
  ["BoolQ", files(9427, 3270), mezoSizes, [1000, 500, 1000]],
])("the files of %s make parts of the sizes that MeZO's have", (_name, of, sizes, expected) => {
  expect(sizesOf(draw(of, true, {}, sizes))).toEqual(expected);
});

test.each([
  [5000, [1000, 500, 1000]],
  [2500, [1000, 500, 1000]],
  [2000, [1000, 400, 600]],
  [64, [40, 12, 12]],
  [4, [3, 1, 0]],
  [2, [1, 1, 0]],
])(
  "of one file with %i rows, at most a fifth is for validation and a fifth for the test",
  (n, expected) => {
    expect(sizesOf(draw(files(n), false))).toEqual(expected);
  },
);

test("the parts of one file have no row in common", () => {
  const { train, dev, test: tested } = draw(files(64), false);
  const numbers = [train, dev, tested].flatMap(({ rowNumbers }) => rowNumbers);
  expect(new Set(numbers).size).toBe(64);
});

test("training and validation set come from one draw, validation last, as in MeZO", () => {
  const { train, dev } = draw(files(2490, 277), true);
  const drawn = order(0, 2490).slice(0, 1500);
  const numbers = [...train.rowNumbers, ...dev.rowNumbers];
  expect(numbers).toEqual(drawn.map((index) => index + 1));
});

test("another data seed draws other rows, the same one the same", () => {
  const numbers = (dataSeed: number) => draw(files(5000), false, { dataSeed }).train.rowNumbers;
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
});

test("a second file can be watched instead, and what is left of it is tested", () => {
  const of = files(3000, 872);
  const drawn = draw(of, true, { secondFile: "dev" });
  expect(sizesOf(drawn)).toEqual([1000, 500, 372]);
  const numbers = [...drawn.dev.rowNumbers, ...drawn.test.rowNumbers];
  expect(new Set(numbers).size).toBe(872);
});

test("three files are the three parts, and one taken whole keeps its order", () => {
  const drawn = draw(files(10, 4, 3), false);
  expect(sizesOf(drawn)).toEqual([10, 4, 3]);
  expect(drawn.train.rowNumbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("sizes that leave nothing to train on are refused", () => {
  expect(() => draw(files(10), false, { devRows: 6, testRows: 4 })).toThrow(
    "Of 10 rows, 6 for validation and 4 for the test leave none for training. Lower these numbers.",
  );
  expect(() => draw(files(10), false, { trainRows: 0 })).toThrow("Lower these numbers.");
});

test("rows that could not be read are told once", () => {
  const of = files(64);
  const problem = { row: 3, code: "E-DATA-1", message: "Row 3 is a number." } as const;
  const {
    train,
    dev,
    test: tested,
  } = draw({ ...of, train: { ...of.train, problems: [problem] } }, false);
  expect([train, dev, tested].map(({ problems }) => problems.length)).toEqual([1, 0, 0]);
});

test("what was drawn is said, with the rule", () => {
  const mezo = files(554, 104);
  const drawn = draw(mezo, true);
  expect(describeSplits(mezo, drawn.rules, drawn)).toBe(
    "54 examples of train are the training set. 500 of train are the validation set. " +
      "104 of val are the test set. Drawn at random with data seed 0, as in MeZO.",
  );
  const own = files(64);
  expect(describeSplits(own, draw(own, false).rules, draw(own, false))).toBe(
    "40 examples of train are the training set. 12 others are the validation set. " +
      "12 more are the test set. Drawn at random with data seed 0; " +
      "of a short file, a fifth is for validation and a fifth for the test.",
  );
});
