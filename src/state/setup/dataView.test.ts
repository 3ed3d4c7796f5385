import { expect, test } from "vitest";
import { publishedFor } from "../run/published.ts";
import { fakeData, fakeSst2 } from "../testing/fakeData.ts";
import { fakeRecord } from "../testing/fakeReports.ts";
import {
  asOwnTask,
  lengthView,
  majorityText,
  parseSize,
  troublesText,
  withRule,
  withUsualDraw,
} from "./dataView.ts";

test("the share of the commonest training label is told where the result will be measured", () => {
  // 518 of 1,000 training rows say 1; 99 of the 200 of the final test do.
  expect(majorityText(fakeData)).toContain("Always answering “1”");
  expect(majorityText(fakeData)).toContain("gets 49.5 % of the rows of the final test right");
  expect(majorityText({ ...fakeData, labelCounts: [] })).toBeNull();
});

test("the histogram has its line where rows are cut, and says how many are", () => {
  const view = lengthView(fakeData);
  expect(view?.threshold).toEqual({ bin: 512 / 50, name: "cut at 512" });
  expect(view?.summary).toBe(
    "1,000 training rows, 9 to 811 tokens, median 27. 12 rows (1.2 %) are longer than 512 tokens and cut.",
  );
  expect(view?.bars[1]).toEqual({ from: 50, to: 99, rows: 305 });
  const short = {
    ...fakeData,
    tokenLengths: { ...fakeData.tokenLengths, maxLength: 2048, cutRows: 0 },
  };
  expect(lengthView(short)?.threshold).toBeNull();
  expect(lengthView(short)?.summary).toContain("so none is cut.");
});

test("what is wrong with rows is summed up in a line", () => {
  expect(troublesText(fakeData)).toBe("14 rows");
  expect(troublesText(fakeSst2)).toBe("none found");
});

test("a choice about odd rows keeps the others, and the usual draw keeps the choices", () => {
  const chosenRules = { trainRows: 10, secondFile: "dev", leaks: "drop" } as const;
  const data = { ...fakeData, chosenRules };
  expect(withRule(data, "long", "drop")).toEqual({ ...chosenRules, long: "drop" });
  expect(withUsualDraw(data)).toEqual({ leaks: "drop" });
});

test.each([
  ["1,000", 1, 1000],
  ["0", 0, 0],
  ["0", 1, null],
  ["ten", 0, null],
  ["", 0, null],
  ["2.5", 0, null],
])("%j, at least %i, is read as %s", (text, min, expected) => {
  expect(parseSize(text, min)).toBe(expected);
});

test("a published task made one's own asks the rows for their labels, under the file's names", () => {
  const { task } = fakeSst2;
  const mapped = { ...task, columns: { sentence: "opinion", label: "verdict" } };
  expect(asOwnTask(mapped, ["opinion", "verdict"])).toMatchObject({
    kind: "classification",
    template: "{opinion} It was",
    labelColumn: "verdict",
    labels: [],
  });
  expect(asOwnTask(mapped, ["opinion", "verdict"])).not.toHaveProperty("task");
  expect(asOwnTask({ ...task, kind: "multiple choice" }, ["a"])).toBeNull();
});

// MeZO's paper, table 1 (OPT-13B); DeComFL's log of OPT-125m at round 2,000: 0.8371.
test("published numbers stand beside a run of a published task, its own size first", () => {
  const record = { ...fakeRecord, task: fakeSst2.task, modelName: "facebook/opt-125m" };
  const published = publishedFor(record);
  expect(published?.lines[0]).toMatchObject({ model: "OPT-125m", value: "83.7 %" });
  const mezo = published?.lines.find(
    ({ model, method }) => model === "OPT-13B" && method === "MeZO",
  );
  expect([mezo?.value, mezo?.source.where]).toEqual(["91.4 %", "MeZO paper, table 1"]);
});

test("nothing is shown where nothing was published, and other sizes are said to be such", () => {
  const { task } = fakeSst2;
  expect(publishedFor({ ...fakeRecord, modelName: "opt-125m" })).toBeNull();
  expect(publishedFor({ ...fakeRecord, task, modelName: "my-model" })).toBeNull();
  if (!("task" in task)) throw new Error("SST-2 is a published task.");
  const cola = { ...task, task: "CoLA" as const };
  expect(publishedFor({ ...fakeRecord, task: cola, modelName: "opt-125m" })).toBeNull();
  const rte = publishedFor({
    ...fakeRecord,
    task: { ...task, task: "RTE" },
    modelName: "opt-350m",
  });
  expect(rte?.note).toContain("Nothing was found for OPT-350m: these are other sizes.");
});
