import { describe, expect, test } from "vitest";
import type { SettingValues } from "#zo/settings.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";
import {
  createPlace,
  exportedSha,
  lastRecord,
  notices,
  openReadyTab,
  type Tab,
  tellsOfStep,
} from "./testing/place.ts";
import { stubbornStore } from "./testing/stubbornStore.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const mezo: SettingValues = {
  ...{ method: "mezo", steps: 12, batchSize: 4, learningRate: 1e-3, seed: 42, evalEvery: 6 },
};

function start(tab: Tab, settings: SettingValues = mezo, name = "a run") {
  return tab.ask({ type: "startRun", settings, name });
}

/** The weights a run ends with where everything can be saved; trained once. */
let end: Promise<string | undefined> | null = null;
function undisturbed(): Promise<string | undefined> {
  end ??= openReadyTab(createPlace({ gpu, rows })).then(async (tab) => {
    await start(tab);
    return lastRecord(tab).weightsSha256;
  });
  return end;
}

describe("a store that is full", () => {
  test("is told of; training goes on, and everything is saved once there is room", async () => {
    const store = stubbornStore();
    const place = createPlace({ gpu, rows, store });
    const tab = await openReadyTab(place);
    tab.once(tellsOfStep(3), () => {
      store.isFull = true;
      tab.once(tellsOfStep(8), () => {
        store.isFull = false;
      });
    });
    await start(tab);
    const told = notices(tab);
    expect(told[0]).toMatchObject({ code: "E-STORE-2", kind: "problem" });
    expect(told[0]!.message).toMatch(/Up to step [12] is saved; training goes on in memory\.$/);
    expect(told.at(-1)).toMatchObject({ code: "E-STORE-2", kind: "recovered" });
    const { id, weightsSha256 } = lastRecord(tab);
    expect(weightsSha256).toBe(await undisturbed());
    tab.kill();

    const next = place.openTab();
    const opened = await next.ask({ type: "openRun", runId: id });
    expect(notices(next)).toEqual([]);
    // The one after step 6 was made while nothing could be written.
    const history = opened.find((event) => event.type === "history");
    expect(history?.evaluations.map(({ step }) => step)).toEqual([0, 6, 12]);
    expect(lastRecord(next)).toMatchObject({ status: "finished", step: 12, weightsSha256 });
    expect(await exportedSha(next)).toBe(weightsSha256);
  });

  test("does not keep a run from its end; what is in memory can still be taken away", async () => {
    const store = stubbornStore();
    const tab = await openReadyTab(createPlace({ gpu, rows, store }));
    tab.once(tellsOfStep(3), () => {
      store.isFull = true;
    });
    await start(tab);
    expect(lastRecord(tab)).toMatchObject({ status: "finished", step: 12 });
    expect(await exportedSha(tab)).toBe(await undisturbed());
  });

  test("refuses a run before its first step where even the base does not fit", async () => {
    const store = stubbornStore();
    const place = createPlace({ gpu, rows, store });
    const tab = await openReadyTab(place);
    store.isFull = true;
    const failure = await tab.refusal({ type: "startRun", settings: mezo, name: "a run" });
    expect(failure.code).toBe("E-STORE-2");
    store.isFull = false;
    await start(tab);
    expect(lastRecord(tab).weightsSha256).toBe(await undisturbed());
  });
});
