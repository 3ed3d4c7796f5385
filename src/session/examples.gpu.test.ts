import { expect, test } from "vitest";
import { reviewLines } from "#run/testing/fixtureRun.ts";
import type { EngineEvent } from "./protocol.ts";
import type { ExamplesReport } from "./reports.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  openReadyTab,
  type Tab,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const settings = {
  method: "mezo",
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 3,
};
// Five batches of eight.
const dev = { kind: "text", name: "dev.jsonl", text: reviewLines.slice(-40).join("\n") } as const;

async function trained(): Promise<{
  tab: Tab;
  runId: string;
  browser: ReturnType<typeof createBrowser>;
}> {
  const browser = createBrowser({ gpu, rows });
  const tab = await openReadyTab(browser);
  await tab.ask({ type: "openData", train: { kind: "demo", split: "train" }, dev });
  await tab.ask({ type: "startRun", settings, name: "a run" });
  return { tab, browser, runId: lastRecord(tab).id };
}

const reports = (events: readonly EngineEvent[]): ExamplesReport[] =>
  events.flatMap((event) => (event.type === "examples" ? [event.examples] : []));

const share = (report: ExamplesReport, isRight: (row: ExamplesReport["rows"][number]) => boolean) =>
  report.rows.filter(isRight).length / report.rows.length;

test("every validation example is reported with its answers before and after, as the evaluations counted them", async () => {
  const { tab } = await trained();
  const events = await tab.ask({ type: "evaluate" });
  const [report, ...more] = reports(events);
  expect(more).toEqual([]);
  const { zeroShot, lastEvaluation, majority } = lastRecord(tab);
  expect(report!.step).toBe(6);
  expect(share(report!, ({ isRight }) => isRight)).toBe(lastEvaluation!.accuracy);
  expect(share(report!, ({ before }) => before!.isRight)).toBe(zeroShot!.accuracy);
  const told = reviewLines
    .slice(-40)
    .map((line): { text: string; label: number } => JSON.parse(line));
  report!.rows.forEach((row, i) => {
    expect(row.row).toBe(i + 1);
    expect(row.text).toBe(`${told[i]!.text} It was`);
    expect(row.right).toBe(told[i]!.label === 1 ? "great (1)" : "terrible (0)");
    expect(row.isRight).toBe(row.answered === row.right);
    expect(row.probability!).toBeGreaterThanOrEqual(0.5);
    const other = row.isRight ? row.probability! : 1 - row.probability!;
    expect(row.rightProbability).toBeCloseTo(other, 10);
  });
  const ones = told.filter(({ label }) => label === 1).length / 40;
  expect(majority).toMatchObject({ share: Math.max(ones, 1 - ones) });
});

test("a run that is opened again is scored, then its base model, and keeps its weights", async () => {
  const { tab, browser, runId } = await trained();
  const [first] = reports(await tab.ask({ type: "evaluate" }));
  const sha = await exportedSha(tab);
  tab.kill();
  const next = browser.openTab();
  await next.ask({ type: "openRun", runId });
  const events = await next.ask({ type: "evaluate" });
  const [without, whole] = reports(events);
  expect(without!.rows.map(({ before }) => before)).toEqual(Array(40).fill(undefined));
  expect(whole).toEqual(first);
  expect(await exportedSha(next)).toBe(sha);
});

test("an evaluation that is cancelled while the base model is scored keeps its first report and the weights", async () => {
  const { tab, browser, runId } = await trained();
  const sha = await exportedSha(tab);
  tab.kill();
  const next = browser.openTab();
  await next.ask({ type: "openRun", runId });
  const asksBase = (event: EngineEvent) =>
    event.type === "progress" && event.progress?.label === "Evaluating the base model";
  let cancelled: Promise<unknown> = Promise.resolve();
  next.once(asksBase, () => {
    cancelled = next.ask({ type: "cancel" });
  });
  const told = reports(await next.ask({ type: "evaluate" }));
  await cancelled;
  expect(told.length).toBe(1);
  expect(await exportedSha(next)).toBe(sha);
});
