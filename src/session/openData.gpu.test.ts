import { expect, test } from "vitest";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import { importSettings } from "#run/exchange/importSettings.ts";
import type { DataSource, EngineEvent } from "./protocol.ts";
import type { DataReport } from "./reports.ts";
import { createBrowser, exportedSha, lastRecord, type Tab } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const settings = {
  method: "mezo",
  steps: 2,
  batchSize: 4,
  learningRate: 1e-4,
  seed: 1,
  evalEvery: 2,
};

function tsv(name: string, n: number, from = 0): DataSource {
  const rows = Array.from({ length: n }, (_, i) => `film number ${from + i} .\t${i % 2}`);
  return { kind: "text", name, text: ["sentence\tlabel", ...rows].join("\n") };
}

async function withModel(): Promise<Tab> {
  const tab = createBrowser({ gpu }).openTab();
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  return tab;
}

function lastData({ events }: Tab): DataReport {
  const data = events.findLast((event) => event.type === "data");
  if (data?.type === "data" && data.data) return data.data;
  throw new Error("No rows were told of.");
}

async function look(tab: Tab, index: number): Promise<RowPreview> {
  const told = await tab.ask({ type: "previewRow", part: "train", index });
  const preview = told.find((event) => event.type === "rowPreview");
  if (preview?.type === "rowPreview") return preview.preview;
  throw new Error("No row was told of.");
}

test("a file of SST-2 is recognised, and another task can be chosen for it", async () => {
  const tab = await withModel();
  await tab.ask({ type: "openData", train: tsv("train.tsv", 40), dev: tsv("dev.tsv", 6, 40) });
  const data = lastData(tab);
  expect([data.task, data.choices[0]?.fit]).toMatchObject([{ task: "SST2" }, "recognised"]);
  expect([data.trainRows, data.devRows, data.testRows]).toEqual([32, 8, 6]);
  const own = data.choices.find(({ id }) => id === "own")?.task;
  if (!own) throw new Error("One's own task is always a choice.");
  await tab.ask({ type: "setTask", task: own });
  expect(lastData(tab).task).not.toHaveProperty("task");
});

test("a built-in task keeps its own template and words, whatever a file says", async () => {
  const tab = await withModel();
  await tab.ask({ type: "openData", train: tsv("train.tsv", 10) });
  const task = { ...lastData(tab).task, template: "{label}", words: ["a", "b"], bos: 0 } as const;
  await tab.ask({ type: "setTask", task });
  expect(lastData(tab).task).toMatchObject({
    template: "{sentence} It was",
    words: [" terrible", " great"],
    bos: 0,
  });
});

test("a built-in task with a score head takes its own columns, and its labels from the data", async () => {
  const tab = await withModel();
  const rows = [
    "word\tsentence1\tsentence2\tlabel",
    "bank\tthe bank\ta bank\t1",
    "go\tgo\tgone\t0",
  ];
  const train: DataSource = { kind: "text", name: "wic.tsv", text: rows.join("\n") };
  await tab.ask({ type: "openData", train });
  const { task } = importSettings("zeroth train M R --head --task WiC --steps 5");
  await tab.ask({ type: "setTask", task: task! });
  expect(lastData(tab).task).toMatchObject({
    template: "{word}</s>{sentence1}</s>{sentence2}",
    labelColumn: "label",
    labels: ["0", "1"],
    words: [],
    head: true,
  });
  expect(lastData(tab).task).not.toHaveProperty("task");
});

test("splits are drawn again under other rules, and each example can be previewed", async () => {
  const tab = await withModel();
  await tab.ask({ type: "openData", train: tsv("train.tsv", 40) });
  expect(lastData(tab).trainRows).toBe(24);
  const before = await look(tab, 0);
  await tab.ask({ type: "setRules", rules: { trainRows: 10, dataSeed: 5 } });
  expect(lastData(tab)).toMatchObject({ trainRows: 10, devRows: 8, testRows: 8 });
  const after = await look(tab, 0);
  expect(after.row).not.toBe(before.row);
  expect(after.values[0]?.text).toBe(`film number ${after.row - 1} .`);
  const refused = await tab.rejection({ type: "setRules", rules: { devRows: 40 } });
  expect(refused.message).toContain("leave none for training");
  expect(lastData(tab).trainRows).toBe(10);
});

test("the test set is scored once, and stored with the run and its rules", async () => {
  const tab = await withModel();
  await tab.ask({ type: "openData", train: tsv("train.tsv", 40) });
  await tab.ask({ type: "setRules", rules: { dataSeed: 5, leaks: "drop" } });
  await tab.ask({ type: "startRun", settings, name: "tested" });
  const { testEvaluation, data, id } = lastRecord(tab);
  expect(testEvaluation).toMatchObject({ step: 2, n: 8 });
  expect(data).toMatchObject({ testRows: 8, rules: { dataSeed: 5, leaks: "drop", testRows: 8 } });
  const drawn = await look(tab, 3);
  await tab.ask({ type: "openRun", runId: id });
  expect(lastRecord(tab).testEvaluation).toEqual(testEvaluation);
  expect(lastData(tab)).toMatchObject({ isStored: true, trainRows: 24, devRows: 8, testRows: 8 });
  expect((await look(tab, 3)).values).toEqual(drawn.values);
});

test("the test set is scored at the best step, and the run ends with its last weights", async () => {
  const finished = async (steps: number, testRows: number) => {
    const tab = await withModel();
    await tab.ask({ type: "openData", train: tsv("train.tsv", 40) });
    await tab.ask({ type: "setRules", rules: { trainRows: 24, devRows: 8, testRows } });
    const steep = { ...settings, learningRate: 1e-2, evalEvery: 1, steps };
    await tab.ask({ type: "startRun", settings: steep, name: "steep" });
    return { record: lastRecord(tab), exported: await exportedSha(tab), events: tab.events };
  };
  const { record, exported, events } = await finished(6, 8);
  const best = record.best!.step;
  expect(best).toBeLessThan(6);
  // A run that ends at that step has no other weights to be tested with.
  const short = await finished(best, 8);
  const { seconds: _, ...tested } = short.record.testEvaluation!;
  expect(record.testEvaluation).toMatchObject({ ...tested, step: best });
  const without = await finished(6, 0);
  expect(record.weightsSha256).toBe(without.record.weightsSha256);
  expect(record.weightsSha256).not.toBe(short.record.weightsSha256);
  expect(exported).toBe(without.exported);
  const last = events.findLast((event) => event.type === "run");
  expect(last?.type === "run" && last.run.travelledTo).toBe(null);
});

test("an interrupted final test is repeated when the run resumes", async () => {
  const browser = createBrowser({ gpu });
  const tab = browser.openTab();
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  await tab.ask({ type: "openData", train: tsv("train.tsv", 40) });
  const travels = (event: EngineEvent) => event.type === "run" && event.run.travelledTo !== null;
  let paused: Promise<unknown> = Promise.resolve();
  tab.once(travels, () => {
    paused = tab.ask({ type: "pauseRun" });
  });
  const steep = { ...settings, learningRate: 1e-2, evalEvery: 1, steps: 6 };
  await tab.ask({ type: "startRun", settings: steep, name: "steep" });
  await paused;
  expect([lastRecord(tab).status, lastRecord(tab).testEvaluation]).toEqual(["paused", undefined]);
  await tab.ask({ type: "resumeRun" });
  const { status, testEvaluation, best } = lastRecord(tab);
  expect([status, testEvaluation?.step]).toEqual(["finished", best?.step]);
});

test("a test file without labels is left out, which is reported", async () => {
  const tab = await withModel();
  const text = ["index\tsentence", "0\tsome film"].join("\n");
  await tab.ask({
    type: "openData",
    train: tsv("train.tsv", 40),
    dev: tsv("dev.tsv", 6, 40),
    test: { kind: "text", name: "test.tsv", text },
  });
  const data = lastData(tab);
  expect(data.notes).toEqual(["test.tsv has no labels, so it is not used."]);
  expect([data.devRows, data.testRows]).toEqual([8, 6]);
});
