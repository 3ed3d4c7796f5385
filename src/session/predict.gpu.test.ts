import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createBrowser, lastRecord } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const settings = {
  method: "mezo",
  steps: 2,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 1,
  evalEvery: 2,
};

test("a prediction of a COPA run takes its columns and reports its choices as the model reads them", async () => {
  const tab = createBrowser({ gpu }).openTab();
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  const url = new URL("../../test/fixtures/tasks/copa.jsonl", import.meta.url);
  const text = readFileSync(url, "utf8");
  await tab.ask({ type: "openData", train: { kind: "text", name: "train.jsonl", text } });
  await tab.ask({ type: "startRun", settings, name: "copa" });
  expect(lastRecord(tab).task).toMatchObject({ task: "Copa" });
  const run = tab.events.findLast((event) => event.type === "run");
  expect(run?.type === "run" && run.run.asks).toEqual([
    "premise",
    "choice1",
    "choice2",
    "question",
  ]);
  const values = {
    premise: "It rained.",
    question: "effect",
    choice1: "The street got wet.",
    choice2: "He sang.",
  };
  const told = await tab.ask({ type: "predict", values });
  const event = told.find(({ type }) => type === "prediction");
  if (event?.type !== "prediction") throw new Error("Nothing was predicted.");
  const { options } = event.prediction;
  expect(options.map(({ word }) => word.trim())).toEqual(["the street got wet.", "he sang."]);
  for (const side of ["before", "after"] as const) {
    expect(options.reduce((sum, option) => sum + option[side], 0)).toBeCloseTo(1, 6);
  }
  await expect(
    tab.rejection({ type: "predict", values: { ...values, question: "why" } }),
  ).resolves.toMatchObject({ code: "E-DATA-2" });
});
