import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createBrowser, lastRecord } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const lines = readFileSync("test/fixtures/tasks/squad.jsonl", "utf8").trimEnd().split("\n");
const settings = {
  method: "mezo",
  steps: 1,
  batchSize: 2,
  learningRate: 1e-4,
  seed: 1,
  evalEvery: 1,
};

test("generated answers are reported with text, right answer and F1, before and after", async () => {
  const tab = createBrowser({ gpu }).openTab();
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  const text = lines.slice(0, 8).join("\n");
  await tab.ask({ type: "openData", train: { kind: "text", name: "squad.jsonl", text } });
  await tab.ask({ type: "startRun", settings, name: "written" });
  const told = await tab.ask({ type: "evaluate" });
  const event = told.findLast(({ type }) => type === "examples");
  if (event?.type !== "examples") throw new Error("No rows were told of.");
  const { rows } = event.examples;
  const { lastEvaluation, zeroShot, task } = lastRecord(tab);
  expect(task.kind).toBe("generation");
  expect(rows.length).toBe(lastEvaluation!.n);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(rows.map(({ f1 }) => f1!))).toBeCloseTo(lastEvaluation!.f1!, 12);
  expect(mean(rows.map(({ before }) => before!.f1!))).toBeCloseTo(zeroShot!.f1!, 12);
  const answers = lines.map((line): string => {
    const { answers: given } = JSON.parse(line);
    // In either form of the file: Hugging Face's, or the original's.
    return Array.isArray(given) ? given[0].text : given.text[0];
  });
  for (const { right, answered, probability } of rows) {
    expect(answers).toContain(right);
    expect([typeof answered, probability]).toEqual(["string", undefined]);
  }
});
