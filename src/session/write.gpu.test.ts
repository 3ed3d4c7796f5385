import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { builtInTask } from "#data/tasks/index.ts";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { EngineEvent } from "./protocol.ts";
import type { WritingReport } from "./reports.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  openDemo,
  openReadyTab,
  type Tab,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const settings = {
  method: "mezo",
  steps: 4,
  batchSize: 4,
  learningRate: 3e-2,
  seed: 42,
  evalEvery: 4,
};
const request: WritingRequest = {
  prompt: "A long film.",
  sampling: { kind: "sampled", temperature: 1.2, topK: 0, topP: 1 },
  seed: 3,
  maxNewTokens: 12,
  stops: [],
};

async function trained(): Promise<Tab> {
  const tab = await openReadyTab(createBrowser({ gpu, rows: 8 }));
  await tab.ask({ type: "startRun", settings, name: "a run" });
  return tab;
}

const reports = (events: readonly EngineEvent[]): WritingReport[] =>
  events.flatMap((event) => (event.type === "written" ? [event.writing] : []));

test("both models continue the same prompt with the same seed, and the run's weights are restored", async () => {
  const tab = await trained();
  const sha = await exportedSha(tab);
  const told = reports(await tab.ask({ type: "write", request }));
  const { before, after } = told.at(-1)!;
  for (const side of [before!, after!]) {
    expect(side).toMatchObject({ tokens: 12, ending: "length", cutTokens: 0 });
    // The browser's clock moves 300 ms with every look.
    expect(side.tokensPerSecond).toBeCloseTo(1 / 0.3, 10);
  }
  expect(before!.text).not.toBe(after!.text);
  // The tuned model first, a token at a time; then the base model beside it.
  const growing = told.map((report) => [report.after?.tokens ?? 0, report.before?.tokens ?? 0]);
  const counts = [...Array(13).keys(), 12];
  expect(growing).toEqual([...counts.map((n) => [n, 0]), ...counts.map((n) => [12, n])]);
  expect(await exportedSha(tab)).toBe(sha);

  const [again] = reports(await tab.ask({ type: "write", request })).slice(-1);
  expect([again!.before!.text, again!.after!.text]).toEqual([before!.text, after!.text]);
  const base = createBrowser({ gpu, rows: 8 }).openTab();
  await openDemo(base);
  const [alone] = reports(await base.ask({ type: "write", request })).slice(-1);
  expect(alone).toMatchObject({ before: { text: before!.text }, after: null });
});

test.each(["after", "before"] as const)(
  "cancelled while the model %s training writes, it keeps the text and the weights",
  async (side) => {
    const tab = await trained();
    const sha = await exportedSha(tab);
    let cancelled: Promise<unknown> = Promise.resolve();
    tab.once(
      (event) => event.type === "written" && event.writing[side]?.tokens === 5,
      () => {
        cancelled = tab.ask({ type: "cancel" });
      },
    );
    const last = reports(await tab.ask({ type: "write", request })).at(-1)!;
    await cancelled;
    // The token under way is taken along.
    expect(last[side]).toMatchObject({ tokens: 6, ending: "cancelled" });
    expect(last.before === null).toBe(side === "after");
    expect(await exportedSha(tab)).toBe(sha);
  },
);

test("an invalid request is rejected with a message, and so is one without a model", async () => {
  const tab = await trained();
  const refuse = (change: Partial<WritingRequest>) =>
    tab.rejection({ type: "write", request: { ...request, ...change } });
  const sampled = { kind: "sampled", temperature: 1, topK: 0, topP: 1 } as const;
  for (const [change, words] of [
    [{ maxNewTokens: 0 }, /whole number of at least 1/],
    [{ seed: -1 }, /seed is -1/],
    [{ sampling: { ...sampled, temperature: 0 } }, /temperature is 0/],
    [{ sampling: { ...sampled, topP: 1.5 } }, /Top-p is 1.5/],
    [{ sampling: { ...sampled, topK: 2.5 } }, /Top-k is 2.5/],
  ] as const) {
    expect(await refuse(change)).toMatchObject({
      code: "E-CFG-1",
      message: expect.stringMatching(words),
    });
  }
  const empty = createBrowser({ gpu }).openTab();
  expect(await empty.rejection({ type: "write", request })).toMatchObject({ code: "E-OPEN-1" });
});

test("a run on SQuAD is evaluated by the text that the model generates", async () => {
  const tab = await openReadyTab(createBrowser({ gpu, rows: 8 }));
  const url = new URL("../../test/fixtures/tasks/squad.jsonl", import.meta.url);
  const text = readFileSync(url, "utf8").split("\n").slice(0, 6).join("\n");
  await tab.ask({
    type: "openData",
    train: { kind: "text", name: "squad.jsonl", text },
    dev: { kind: "text", name: "dev.jsonl", text },
  });
  const task = builtInTask("SQuAD", { bos: 2, maxLength: 2048 });
  const events = await tab.ask({ type: "setTask", task });
  const told = events.find((event) => event.type === "data");
  // The fixture's table of positions has 128 rows, of which 50 are for writing.
  expect(told).toMatchObject({ data: { blockers: [], task: { task: "SQuAD", maxLength: 128 } } });
  await tab.ask({ type: "startRun", settings: { ...settings, steps: 2 }, name: "squad" });
  const { zeroShot, lastEvaluation, testEvaluation } = lastRecord(tab);
  for (const scored of [zeroShot!, lastEvaluation!, testEvaluation!]) {
    expect(scored.f1).toBeGreaterThanOrEqual(scored.accuracy);
  }
  // A second file is kept for the final test, whole; one row in five of the first is watched.
  expect([zeroShot!.n, lastEvaluation!.n, testEvaluation!.n]).toEqual([1, 1, 6]);
});
