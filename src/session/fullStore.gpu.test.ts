import { describe, expect, test } from "vitest";
import { numberedKey } from "#run/store/keys.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { CommandBody } from "./protocol.ts";
import {
  type BrowserOptions,
  createBrowser,
  exportedSha,
  lastRecord,
  lastReport,
  notices,
  openReadyTab,
  reportsStep,
  type Tab,
  type TestBrowser,
} from "./testing/browser.ts";
import { losableGpu, oneDeviceGpu } from "./testing/gpus.ts";
import { limitedStore } from "./testing/limitedStore.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const mezo: SettingValues = {
  method: "mezo",
  steps: 12,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 6,
};

function start(tab: Tab, settings: SettingValues = mezo, name = "a run") {
  return tab.ask({ type: "startRun", settings, name });
}

/** The weights a run ends with where everything can be saved; trained once. */
let end: Promise<string | undefined> | null = null;
function undisturbed(): Promise<string | undefined> {
  end ??= openReadyTab(createBrowser({ gpu, rows })).then(async (tab) => {
    await start(tab);
    return lastRecord(tab).weightsSha256;
  });
  return end;
}

describe("a store that is full", () => {
  test("is reported; training continues, and everything is saved once there is space", async () => {
    const store = limitedStore();
    const browser = createBrowser({ gpu, rows, store });
    const tab = await openReadyTab(browser);
    tab.once(reportsStep(3), () => {
      store.isFull = true;
      tab.once(reportsStep(8), () => {
        store.isFull = false;
      });
    });
    await start(tab);
    const told = notices(tab);
    expect(told[0]).toMatchObject({ code: "E-STORE-2", kind: "problem" });
    expect(told[0]!.message).toMatch(
      /Everything up to step [12] is saved; the rest is in memory until storage accepts it\.$/,
    );
    expect(told.at(-1)).toMatchObject({ code: "E-STORE-2", kind: "recovered" });
    const { id, weightsSha256 } = lastRecord(tab);
    expect(weightsSha256).toBe(await undisturbed());
    tab.kill();

    const next = browser.openTab();
    const opened = await next.ask({ type: "openRun", runId: id });
    expect(notices(next)).toEqual([]);
    // The one after step 6 was made while nothing could be written.
    const history = opened.find((event) => event.type === "history");
    expect(history?.evaluations.map(({ step }) => step)).toEqual([0, 6, 12]);
    expect(lastRecord(next)).toMatchObject({ status: "finished", step: 12, weightsSha256 });
    expect(await exportedSha(next)).toBe(weightsSha256);
  });

  test("does not stop a run; its steps in memory can still be exported", async () => {
    const store = limitedStore();
    const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
    tab.once(reportsStep(3), () => {
      store.isFull = true;
    });
    await start(tab);
    expect(lastRecord(tab)).toMatchObject({ status: "finished", step: 12 });
    expect(await exportedSha(tab)).toBe(await undisturbed());
  });

  test("rejects a run before its first step if the base model does not fit", async () => {
    const store = limitedStore();
    const browser = createBrowser({ gpu, rows, store });
    const tab = await openReadyTab(browser);
    store.isFull = true;
    const failure = await tab.rejection({ type: "startRun", settings: mezo, name: "a run" });
    expect(failure.code).toBe("E-STORE-1");
    expect(failure.message).toMatch(/base model \([\d.]+ kB\) was saved, so nothing was started/);
    store.isFull = false;
    await start(tab);
    expect(lastRecord(tab).weightsSha256).toBe(await undisturbed());
  });
});

/** A tab with a small run that can be deleted, and one that ended after the store filled up. */
async function endUnsaved(more: Partial<BrowserOptions> = {}) {
  const store = limitedStore();
  const browser = createBrowser({ gpu, rows, store, ...more });
  const tab = await openReadyTab(browser);
  await start(tab, { ...mezo, steps: 1 }, "another run");
  const other = lastRecord(tab).id;
  tab.once(reportsStep(3), () => {
    store.isFull = true;
  });
  await start(tab);
  return { store, browser, tab, other, runId: lastRecord(tab).id };
}

async function expectWhole(browser: TestBrowser, runId: string): Promise<void> {
  const next = browser.openTab();
  const opened = await next.ask({ type: "openRun", runId });
  expect(notices(next)).toEqual([]);
  const weightsSha256 = await undisturbed();
  expect(lastRecord(next)).toMatchObject({ status: "finished", step: 12, weightsSha256 });
  const history = opened.find((event) => event.type === "history");
  expect(history?.evaluations.map(({ step }) => step)).toEqual([0, 6, 12]);
  expect(await exportedSha(next)).toBe(weightsSha256);
}

describe("a run that ends while the store is full", () => {
  test("is reported as not saved; it is saved completely as soon as another run is deleted", async () => {
    const { store, browser, tab, other, runId } = await endUnsaved();
    const { record, savedStep, hasUnsaved } = lastReport(tab);
    expect([record.status, record.step, hasUnsaved]).toEqual(["finished", 12, true]);
    expect(savedStep).toBeLessThan(3);

    store.isFull = false;
    const told = await tab.ask({ type: "deleteRun", runId: other });
    expect(lastReport(tab)).toMatchObject({ savedStep: 12, hasUnsaved: false });
    expect(lastRecord(tab)).toMatchObject({ id: runId, status: "finished" });
    expect(told.flatMap((e) => (e.type === "notice" ? [e.kind] : []))).toEqual(["recovered"]);
    expect(await store.keys("manifests", runId)).toEqual([numberedKey(runId, 12)]);
    tab.kill();
    await expectWhole(browser, runId);
  });

  test("is saved as well once a downloaded model is deleted", async () => {
    const { store, tab } = await endUnsaved();
    store.isFull = false;
    await tab.ask({ type: "deleteDownload", folder: "facebook--opt-125m" });
    expect(lastReport(tab)).toMatchObject({ savedStep: 12, hasUnsaved: false });
  });

  test("stays unsaved, and says so, if a deletion did not free enough space", async () => {
    const { tab, other } = await endUnsaved();
    const told = await tab.ask({ type: "deleteRun", runId: other });
    expect(lastReport(tab).hasUnsaved).toBe(true);
    expect(told.flatMap((e) => (e.type === "notice" ? [e.kind] : []))).toEqual(["problem"]);
  });

  test("is saved completely although the GPU was lost since", async () => {
    const lost = losableGpu();
    const { store, browser, tab, other, runId } = await endUnsaved({ gpu: lost.gpu });
    lost.loseDevice();
    await tab.ask({ type: "predict", values: { text: "fine" } });
    expect(lastReport(tab)).toMatchObject({ hasUnsaved: true, record: { step: 12 } });
    store.isFull = false;
    await tab.ask({ type: "deleteRun", runId: other });
    tab.kill();
    await expectWhole(browser, runId);
  });

  test("ends a queue: the next run would be lost as well", async () => {
    const store = limitedStore();
    const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
    for (const name of ["first", "second"]) {
      await tab.ask({ type: "queueRun", settings: { ...mezo, steps: 4 }, name });
    }
    tab.once(reportsStep(2), () => {
      store.isFull = true;
    });
    await tab.ask({ type: "runQueue" });
    expect(lastRecord(tab)).toMatchObject({ name: "first", status: "finished" });
  });
});

describe("a run with unsaved steps that is closed for another", () => {
  const next: readonly CommandBody[] = [
    { type: "openModel", source: { kind: "demo" } },
    { type: "openRun", runId: "run-1" },
    { type: "startRun", settings: { ...mezo, steps: 1 }, name: "the next run" },
    { type: "probeLearningRates", settings: mezo },
  ];

  test.each(next)(
    "reports which steps are lost, and is shown as it is stored: $type",
    async (command) => {
      const { tab, runId } = await endUnsaved();
      const { savedStep } = lastReport(tab);
      const from = tab.events.length;
      // There is no space for the next run either.
      await tab.ask(command).catch(() => {});
      const told = tab.events.slice(from);
      const messages = told.flatMap((e) => (e.type === "notice" ? [e.failure.message] : []));
      expect(messages).toContain(
        `"a run" was closed and lost ${12 - savedStep} steps, from step ${savedStep + 1} on, because ` +
          `storage is full. It is saved up to step ${savedStep}; delete runs you no longer need, then ` +
          `resume it from there.`,
      );
      const reports = told.flatMap((e) => (e.type === "run" ? [e.run] : []));
      expect(reports.findLast(({ record }) => record.id === runId)).toMatchObject({
        savedStep,
        hasUnsaved: false,
        record: { status: "interrupted", step: savedStep },
      });
    },
  );

  test.each(next)("is saved before if there is space by then: $type", async (command) => {
    const { store, browser, tab, runId } = await endUnsaved();
    store.isFull = false;
    const from = tab.events.length;
    await tab.ask(command);
    const told = tab.events.slice(from);
    const kinds = told.flatMap((e) => (e.type === "notice" ? [e.kind] : []));
    expect(kinds).toEqual(["recovered"]);
    const reports = told.flatMap((e) => (e.type === "run" ? [e.run] : []));
    expect(reports.findLast(({ record }) => record.id === runId)).toMatchObject({
      savedStep: 12,
      hasUnsaved: false,
      record: { status: "finished" },
    });
    tab.kill();
    await expectWhole(browser, runId);
  });

  test("is deleted without a message about them", async () => {
    const { tab, runId } = await endUnsaved();
    const told = await tab.ask({ type: "deleteRun", runId });
    expect(told.map(({ type }) => type)).toEqual(["live", "deleted", "runs", "progress", "done"]);
  });
});

test("a pause while the store is full is reported as not saved, and saved once there is space", async () => {
  const store = limitedStore();
  const browser = createBrowser({ gpu, rows, store });
  const tab = await openReadyTab(browser);
  await start(tab, { ...mezo, steps: 1 }, "another run");
  const other = lastRecord(tab).id;
  let paused: Promise<unknown> = Promise.resolve();
  tab.once(reportsStep(2), () => {
    store.isFull = true;
    paused = tab.ask({ type: "pauseRun" });
  });
  await start(tab);
  await paused;
  const { record, hasUnsaved } = lastReport(tab);
  expect([record.status, hasUnsaved]).toEqual(["paused", true]);
  store.isFull = false;
  await tab.ask({ type: "deleteRun", runId: other });
  expect(lastReport(tab)).toMatchObject({ savedStep: record.step, hasUnsaved: false });
  tab.kill();
  const next = browser.openTab();
  await next.ask({ type: "openRun", runId: record.id });
  expect(lastRecord(next)).toMatchObject({ status: "paused", step: record.step });
});

test("a checkpoint that did not fit is saved once there is space; until then the journal rebuilds it", async () => {
  const store = limitedStore();
  const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
  await start(tab, { ...mezo, steps: 1 }, "another run");
  const other = lastRecord(tab).id;
  store.isNearlyFull = true;
  await start(tab);
  const { id } = lastRecord(tab);
  expect(lastReport(tab)).toMatchObject({ savedStep: 12, hasUnsaved: false });
  expect(notices(tab)[0]!.message).toContain("Everything up to step 12 is saved; a checkpoint");
  expect(await store.keys("manifests", id)).toEqual([]);
  store.isNearlyFull = false;
  await tab.ask({ type: "deleteRun", runId: other });
  expect(await store.keys("manifests", id)).toEqual([numberedKey(id, 12)]);
  expect(lastRecord(tab).status).toBe("finished");
});
