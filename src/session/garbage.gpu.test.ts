import { expect, test, vi } from "vitest";
import type { Store, TableName } from "#run/store/store.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { SettingValues } from "#zo/settings.ts";
import {
  createBrowser,
  lastRecord,
  openReadyTab,
  type Tab,
  type TestBrowser,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const settings: SettingValues = {
  method: "mezo",
  steps: 2,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 2,
};
/** From here on rows of the table of positions may differ: no example is that long. */
const beyondExamples = 100;

test("a base model whose last run was deleted while it was open is removed at the next start", async () => {
  const store = memoryStore();
  const browser = createBrowser({ gpu, rows, store });
  const tab = await openReadyTab(browser);
  await tab.ask({ type: "deleteRun", runId: await train(tab) });
  expect(await keysOfModels(store)).not.toEqual([]);
  tab.kill();
  await browser.openTab().ask({ type: "checkDevice" });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("a base model without a run is removed when it is closed", async () => {
  const store = memoryStore();
  const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
  await tab.ask({ type: "deleteRun", runId: await train(tab) });
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("parts of a base model that a closed tab did not finish saving are removed at the next start", async () => {
  const store = watchedStore();
  const browser = createBrowser({ gpu, rows, store });
  const tab = await openReadyTab(browser);
  await new Promise<void>((resolve) => {
    store.onceWritten("chunks", async () => {
      tab.kill();
      resolve();
    });
    void train(tab);
  });
  expect((await keysOfModels(store)).length).toBe(1);
  await browser.openTab().ask({ type: "checkDevice" });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("no tab removes a base model before its first run is created", async () => {
  const store = watchedStore();
  const browser = createBrowser({ gpu, rows, store });
  const first = await openReadyTab(browser);
  const runId = await train(first);
  first.kill();

  const tab = await openReadyTab(browser);
  const other = browser.openTab();
  store.onceToBeWritten("runs", async () => {
    await other.ask({ type: "deleteRun", runId });
    await sweptBy(browser);
  });
  await train(tab);
  expect(await opensIn(browser, tab)).toBe("finished");
});

test("no tab removes a base model while the run of a bundle is stored", async () => {
  const store = watchedStore();
  const browser = createBrowser({ gpu, rows, store });
  const first = await openReadyTab(browser);
  const runId = await train(first);
  const told = await first.ask({ type: "exportLog", runId, format: "bundle" });
  const file = told.find((event) => event.type === "file");
  await first.ask({ type: "deleteRun", runId });

  const tab = browser.openTab();
  store.onceToBeWritten("runs", async () => {
    first.kill();
    await sweptBy(browser);
  });
  await tab.ask({ type: "openBundle", file: file?.type === "file" ? file.blob : new Blob() });
  expect(lastRecord(tab)).toMatchObject({ status: "finished", isFromBundle: true });
});

test("no tab removes the base model of an open run that another tab deletes", async () => {
  const browser = createBrowser({ gpu, rows });
  const first = await openReadyTab(browser);
  const runId = await train(first);
  first.kill();

  const tab = browser.openTab();
  await tab.ask({ type: "openRun", runId });
  await tab.ask({ type: "deleteRun", runId });
  await sweptBy(browser);
  await train(tab);
  expect(await opensIn(browser, tab)).toBe("finished");
});

test("a bundle with another base model is rejected before the open model is saved", async () => {
  const other = await openReadyTab(createBrowser({ gpu, rows, hugeFrom: beyondExamples }));
  const runId = await train(other);
  const told = await other.ask({ type: "exportLog", runId, format: "bundle" });
  const file = told.find((event) => event.type === "file");

  const store = memoryStore();
  const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
  const blob = file?.type === "file" ? file.blob : new Blob();
  const refusal = await tab.rejection({ type: "openBundle", file: blob });
  expect(refusal).toMatchObject({ code: "E-FILE-5" });
  expect(refusal.message).toContain("other weights");
  expect(await keysOfModels(store)).toEqual([]);
});

async function train(tab: Tab): Promise<string> {
  await tab.ask({ type: "startRun", settings, name: "a run" });
  return lastRecord(tab).id;
}

/** A new tab has swept up: its second list stands in line behind that. */
async function sweptBy(browser: TestBrowser): Promise<void> {
  const tab = browser.openTab();
  await tab.ask({ type: "listRuns" });
  await tab.ask({ type: "listRuns" });
}

/** The status of a tab's run as another tab opens it. */
async function opensIn(browser: TestBrowser, tab: Tab): Promise<string> {
  tab.kill();
  const next = browser.openTab();
  await next.ask({ type: "openRun", runId: lastRecord(tab).id });
  return lastRecord(next).status;
}

async function keysOfModels(store: Store): Promise<readonly string[]> {
  const tables = ["models", "manifests", "chunks"] as const;
  return (await Promise.all(tables.map((table) => store.keys(table)))).flat();
}

interface WatchedStore extends Store {
  /** Acts before something is next put into a table; that waits. */
  onceToBeWritten(table: TableName, act: () => Promise<void>): void;
  onceWritten(table: TableName, act: () => Promise<void>): void;
}

function watchedStore(): WatchedStore {
  const inner = memoryStore();
  const before = new Map<TableName, () => Promise<void>>();
  const after = new Map<TableName, () => Promise<void>>();
  const tell = async (watchers: typeof before, table: TableName) => {
    const act = watchers.get(table);
    watchers.delete(table);
    await act?.();
  };
  return {
    ...inner,
    onceToBeWritten: (table, act) => void before.set(table, act),
    onceWritten: (table, act) => void after.set(table, act),
    transact: async (operations, durability) => {
      const tables = operations.flatMap((operation) =>
        operation.type === "put" ? [operation.table] : [],
      );
      for (const table of tables) await tell(before, table);
      await inner.transact(operations, durability);
      for (const table of tables) await tell(after, table);
    },
  };
}
