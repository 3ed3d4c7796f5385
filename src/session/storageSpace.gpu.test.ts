import { beforeEach, expect, test } from "vitest";
import type { SettingValues } from "#zo/settings.ts";
import { createBrowser, lastRecord, openReadyTab, type Tab } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const mezo: SettingValues = {
  method: "mezo",
  steps: 2,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 2,
};

/** What the browser offers. */
let free = Number.POSITIVE_INFINITY;
let tab: Tab;
/** Of the weights, which the file has as f32 too. */
let weightBytes = 0;
beforeEach(async () => {
  free = Number.POSITIVE_INFINITY;
  tab = await openReadyTab(createBrowser({ gpu, rows }), { freeBytes: async () => free });
  const model = tab.events.find((event) => event.type === "model");
  weightBytes = (model?.type === "model" && model.model?.weightBytes) || 0;
});

const starting = (settings = mezo) => ({ type: "startRun", settings, name: "a run" }) as const;

test("storage for a base model is required once, not for each of its runs", async () => {
  free = 2.5 * weightBytes;
  expect((await tab.rejection(starting())).code).toBe("E-STORE-1");
  free = 3.5 * weightBytes;
  await tab.ask(starting());
  free = 2.5 * weightBytes;
  await tab.ask({ ...starting(), type: "queueRun" });
  await tab.ask(starting());
  expect(lastRecord(tab).status).toBe("finished");
  free = 1.5 * weightBytes;
  expect((await tab.rejection(starting())).code).toBe("E-STORE-1");
});

test("a run with f16 weights requires half the storage for its checkpoints", async () => {
  free = 2.5 * weightBytes;
  await tab.ask(starting({ ...mezo, dtype: "f16" }));
  expect(lastRecord(tab).status).toBe("finished");
});

test("the current run stays open if there is no storage for the next one", async () => {
  await tab.ask(starting());
  const { id } = lastRecord(tab);
  free = 1.5 * weightBytes;
  expect((await tab.rejection(starting())).code).toBe("E-STORE-1");
  await tab.ask({ type: "travelTo", step: 1 });
  expect(lastRecord(tab).id).toBe(id);
});
