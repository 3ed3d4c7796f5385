import { expect, test, vi } from "vitest";
import type { Store, TableName } from "#run/store/store.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { SettingValues } from "#zo/settings.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";
import { createPlace, lastRecord, openReadyTab, type Place, type Tab } from "./testing/place.ts";

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

test("a base model whose last run was deleted while it was open is gone at the next start", async () => {
  const store = memoryStore();
  const place = createPlace({ gpu, rows, store });
  const tab = await openReadyTab(place);
  await tab.ask({ type: "deleteRun", runId: await train(tab) });
  expect(await keysOfModels(store)).not.toEqual([]);
  tab.kill();
  await place.openTab().ask({ type: "checkDevice" });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("a base model without a run is gone once it is closed", async () => {
  const store = memoryStore();
  const tab = await openReadyTab(createPlace({ gpu, rows, store }));
  await tab.ask({ type: "deleteRun", runId: await train(tab) });
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("what a tab closed in the middle of keeping its base model leaves is gone at the next start", async () => {
  const store = watchedStore();
  const place = createPlace({ gpu, rows, store });
  const tab = await openReadyTab(place);
  await new Promise<void>((resolve) => {
    store.onceWritten("chunks", async () => {
      tab.kill();
      resolve();
    });
    void train(tab);
  });
  expect((await keysOfModels(store)).length).toBe(1);
  await place.openTab().ask({ type: "checkDevice" });
  await vi.waitFor(async () => expect(await keysOfModels(store)).toEqual([]));
});

test("a base model is left alone by all tabs until its first run is created", async () => {
  const store = watchedStore();
  const place = createPlace({ gpu, rows, store });
  const first = await openReadyTab(place);
  const runId = await train(first);
  first.kill();

  const tab = await openReadyTab(place);
  const other = place.openTab();
  store.onceToBeWritten("runs", async () => {
    await other.ask({ type: "deleteRun", runId });
    await sweptBy(place);
  });
  await train(tab);
  expect(await opensIn(place, tab)).toBe("finished");
});

test("a base model is left alone while a bundle's run is put beside it", async () => {
  const store = watchedStore();
  const place = createPlace({ gpu, rows, store });
  const first = await openReadyTab(place);
  const runId = await train(first);
  const told = await first.ask({ type: "exportLog", runId, format: "bundle" });
  const file = told.find((event) => event.type === "file");
  await first.ask({ type: "deleteRun", runId });

  const tab = place.openTab();
  store.onceToBeWritten("runs", async () => {
    first.kill();
    await sweptBy(place);
  });
  await tab.ask({ type: "openBundle", file: file?.type === "file" ? file.blob : new Blob() });
  expect(lastRecord(tab)).toMatchObject({ status: "finished", isFromBundle: true });
});

test("a base model whose run was opened again is left alone by other tabs after that is deleted", async () => {
  const place = createPlace({ gpu, rows });
  const first = await openReadyTab(place);
  const runId = await train(first);
  first.kill();

  const tab = place.openTab();
  await tab.ask({ type: "openRun", runId });
  await tab.ask({ type: "deleteRun", runId });
  await sweptBy(place);
  await train(tab);
  expect(await opensIn(place, tab)).toBe("finished");
});

test("a bundle that began from other weights is refused before the open model is kept", async () => {
  const other = await openReadyTab(createPlace({ gpu, rows, hugeFrom: beyondExamples }));
  const runId = await train(other);
  const told = await other.ask({ type: "exportLog", runId, format: "bundle" });
  const file = told.find((event) => event.type === "file");

  const store = memoryStore();
  const tab = await openReadyTab(createPlace({ gpu, rows, store }));
  const blob = file?.type === "file" ? file.blob : new Blob();
  const refusal = await tab.refusal({ type: "openBundle", file: blob });
  expect(refusal).toMatchObject({ code: "E-FILE-5" });
  expect(refusal.message).toContain("other weights");
  expect(await keysOfModels(store)).toEqual([]);
});

async function train(tab: Tab): Promise<string> {
  await tab.ask({ type: "startRun", settings, name: "a run" });
  return lastRecord(tab).id;
}

/** A new tab has swept up: its second list stands in line behind that. */
async function sweptBy(place: Place): Promise<void> {
  const tab = place.openTab();
  await tab.ask({ type: "listRuns" });
  await tab.ask({ type: "listRuns" });
}

/** The status of a tab's run as another tab opens it. */
async function opensIn(place: Place, tab: Tab): Promise<string> {
  tab.kill();
  const next = place.openTab();
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
