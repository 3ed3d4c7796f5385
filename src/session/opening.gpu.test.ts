import { expect, test } from "vitest";
import type { Store } from "#run/store/store.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import { defaultLearningRate } from "#zo/defaultLearningRate.ts";
import type { CommandBody, EngineEvent } from "./protocol.ts";
import {
  createBrowser,
  lastRecord,
  openReadyTab,
  reportsStep,
  type Tab,
} from "./testing/browser.ts";
import { losableGpu, oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const settings = { method: "mezo", steps: 4, batchSize: 4, learningRate: 1e-3, evalEvery: 0 };

async function trainedTab(): Promise<{ readonly tab: Tab; readonly runId: string }> {
  const tab = await openReadyTab(createBrowser({ gpu, rows: 8 }));
  await tab.ask({ type: "startRun", settings, name: "first" });
  return { tab, runId: lastRecord(tab).id };
}

function liveRun({ events }: Tab): string | null {
  const live = events.findLast((event) => event.type === "live");
  return live?.type === "live" ? live.runId : null;
}

function last<Type extends EngineEvent["type"]>(
  { events }: Tab,
  type: Type,
): Extract<EngineEvent, { type: Type }> | undefined {
  return events.findLast((event): event is Extract<EngineEvent, { type: Type }> => {
    return event.type === type;
  });
}

test("opening another model closes the run, and keeps data, task and rules", async () => {
  const { tab, runId } = await trainedTab();
  expect(liveRun(tab)).toBe(runId);
  await tab.ask({ type: "setRules", rules: { trainRows: 5 } });
  const before = last(tab, "data")?.data;
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  expect(liveRun(tab)).toBeNull();
  expect(last(tab, "data")?.data).toEqual(before);
  expect(before?.trainRows).toBe(5);
  await tab.ask({ type: "startRun", settings, name: "second" });
  expect(lastRecord(tab)).toMatchObject({ name: "second", status: "finished" });
  expect(liveRun(tab)).toBe(lastRecord(tab).id);
});

test("the learning-rate finder closes the run; opened again, it predicts", async () => {
  const { tab, runId } = await trainedTab();
  tab.once(
    ({ type }) => type === "learningRates",
    () => void tab.ask({ type: "cancel" }),
  );
  await tab.ask({ type: "probeLearningRates", settings });
  expect(liveRun(tab)).toBeNull();
  const ask = { type: "predict", values: { text: "a fine film" } } as const;
  await tab.rejection(ask);
  await tab.ask({ type: "openRun", runId });
  expect(liveRun(tab)).toBe(runId);
  await tab.ask(ask);
});

test("a model that cannot be opened leaves none open, which is reported", async () => {
  const { tab } = await trainedTab();
  const source = {
    kind: "files",
    files: [{ path: "config.json", file: new File(["{}"], "config.json") }],
  } as const;
  await tab.rejection({ type: "openModel", source });
  expect(last(tab, "model")?.model).toBeNull();
  expect(liveRun(tab)).toBeNull();
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  await tab.ask({ type: "startRun", settings, name: "second" });
  expect(lastRecord(tab)).toMatchObject({ name: "second", status: "finished" });
});

test("a run that could not be recovered on a new GPU is recovered by the next command", async () => {
  const lost = losableGpu();
  const whole = memoryStore();
  let fails = false;
  const store: Store = {
    ...whole,
    get: async (table, key) => {
      if (!fails) return whole.get(table, key);
      throw new Error("The disk was busy.");
    },
  };
  const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows: 8, store }));
  let paused: Promise<unknown> = Promise.resolve();
  tab.once(reportsStep(1), () => {
    paused = tab.ask({ type: "pauseRun" });
  });
  await tab.ask({ type: "startRun", settings: { ...settings, steps: 40 }, name: "first" });
  await paused;
  expect(lastRecord(tab).status).toBe("paused");
  lost.loseDevice();
  fails = true;
  expect((await tab.rejection({ type: "resumeRun" })).message).toContain("The disk was busy.");
  fails = false;
  await tab.ask({ type: "resumeRun" });
  expect(lastRecord(tab)).toMatchObject({ status: "finished", step: 40 });
});

test("a run that was resumed in another tab resumes in the first tab from there", async () => {
  const browser = createBrowser({ gpu, rows: 8 });
  const first = await openReadyTab(browser);
  const pausedAt = async (tab: Tab, step: number, command: CommandBody) => {
    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(step), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await tab.ask(command);
    await paused;
  };
  const long = { ...settings, steps: 400 };
  await pausedAt(first, 1, { type: "startRun", settings: long, name: "first" });
  const runId = lastRecord(first).id;
  await first.ask({ type: "openModel", source: { kind: "demo" } });
  const second = browser.openTab();
  await second.ask({ type: "openRun", runId });
  await pausedAt(second, lastRecord(first).step + 1, { type: "resumeRun" });
  const { step } = lastRecord(second);
  second.kill();
  await first.ask({ type: "openRun", runId });
  expect(lastRecord(first).step).toBe(step);
  await pausedAt(first, step + 1, { type: "resumeRun" });
  expect(lastRecord(first).step).toBeGreaterThan(step);
});

test("opening a model sets the default learning rates to those of its size", async () => {
  const tab = createBrowser({ gpu }).openTab();
  const events = await tab.ask({ type: "openModel", source: { kind: "demo" } });
  const model = events.find((event) => event.type === "model");
  const catalogue = events.find((event) => event.type === "catalogue");
  if (model?.type !== "model" || catalogue?.type !== "catalogue") throw new Error("Not reported.");
  const { parameterCount, learningRates } = model.model!;
  const { commonSettings, methods } = catalogue.catalogue;
  const rateOf = (settings: typeof commonSettings, name: string) =>
    settings.find(({ key }) => key === name)?.default;
  const rate = defaultLearningRate("mezo", parameterCount);
  expect(rate).toBeGreaterThan(1e-4);
  expect(learningRates?.byMethod["lezo"]).toBe(rate);
  expect(rateOf(commonSettings, "learningRate")).toBe(rate);
  const settingsOf = (id: string) => methods.find((method) => method.id === id)!.settings;
  expect(rateOf(settingsOf("mezo_svrg"), "anchorLearningRate")).toBeCloseTo(10 * rate, 9);
  expect(rateOf(settingsOf("fzoo"), "learningRate")).toBe(1e-5);
});
