import { expect, test } from "vitest";
import { fakeSst2, fakeTask } from "../testing/fakeData.ts";
import { holdsSettings, importSummary, missingColumns, shareAddress } from "./sharing.ts";

const task = { ...fakeTask, template: "{text} It was", labelColumn: "label" };
const imported = {
  settings: {},
  task,
  rules: {},
  model: "facebook/opt-125m",
  name: "one",
  notes: ["A note."],
};

function rows(...columns: readonly string[]) {
  return { columns, choices: fakeSst2.choices };
}

test("an address is shared from where the page stands, whatever place it shows", () => {
  expect(shareAddress("https://a.org/z/?x=1#run=3", "c=abc")).toBe("https://a.org/z/?x=1#c=abc");
});

test("settings in an address are told from its places", () => {
  expect(holdsSettings("#c=eJw")).toBe(true);
  expect(holdsSettings("#compare=a,b")).toBe(false);
  expect(holdsSettings("#run=c=1")).toBe(false);
});

test("a task that comes along says which columns the open rows lack", () => {
  expect(missingColumns(task, rows("text", "label"))).toEqual([]);
  expect(missingColumns(task, rows("sentence", "label"))).toEqual(["text"]);
});

test("what was taken over is told with its model, its task and what was passed over", () => {
  expect(importSummary(imported, rows("sentence", "label"))).toEqual([
    "Settings of “one” taken over.",
    "They were used with the model facebook/opt-125m.",
    "The prompt does not fit the open rows: they have no column text.",
    "A note.",
  ]);
});

test("a named task that a head is to answer is told by its name", () => {
  const { words, labels, template } = fakeTask;
  const rte = { ...fakeTask, task: "RTE", head: true, words, labels, template } as const;
  expect(importSummary({ ...imported, name: "", model: null, notes: [], task: rte }, null)).toEqual(
    ["Settings taken over.", "The task RTE, asked by a new head, is applied once rows are open."],
  );
});
