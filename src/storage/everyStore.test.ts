import "fake-indexeddb/auto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDBFactory } from "fake-indexeddb";
import { afterAll, expect, test } from "vitest";
import { openRunStore } from "#run/store/runStore.ts";
import type { Store } from "#run/store/store.ts";
import {
  aModel,
  anEvaluation,
  aRun,
  gather,
  someRows,
  steps,
  weightBytes,
  weights,
} from "#run/testing/runs.ts";
import { openFolderStore } from "./folderStore.ts";
import { openIndexedDbStore } from "./indexedDbStore.ts";

const base = await mkdtemp(join(tmpdir(), "zeroth-every-"));
afterAll(() => rm(base, { recursive: true }));
const factory = new IDBFactory();
const places: Record<string, () => Promise<Store>> = {
  IndexedDB: () => openIndexedDbStore(factory),
  "a folder": () => openFolderStore(join(base, "runs")),
};

for (const [name, open] of Object.entries(places)) {
  test(`a run kept in ${name} is whole the next time, and gone without a trace once deleted`, async () => {
    const now = () => new Date("2025-05-06T07:08:09.000Z");
    let store = await open();
    const runs = openRunStore(store, now);
    await runs.saveModel(aModel(), weights(0));
    await runs.createRun(aRun("run"), someRows);
    await runs.appendSteps("run", steps(1, 300), "relaxed");
    const unlucky = { ...anEvaluation(300), loss: Number.NaN };
    await runs.appendEvaluation("run", unlucky);
    await runs.saveSnapshot("run", weights(300));
    await runs.appendSteps("run", steps(301, 310), "relaxed");
    await store.close();

    store = await open();
    const again = openRunStore(store, now);
    const loaded = await again.loadRun("run");
    expect(loaded).toMatchObject({ repairs: [], rows: someRows, evaluations: [unlucky] });
    expect(loaded.steps).toEqual(steps(1, 310));
    const found: Uint8Array[] = [];
    await again.restore(loaded.snapshots, async (_, pieces) => {
      found.push(await gather(pieces));
    });
    expect(found).toEqual([weightBytes(300)]);
    expect(await again.collectGarbage()).toBe(0);
    expect(await again.deleteRun("run")).toBeGreaterThan(300 * 52 + 2000);
    for (const table of ["runs", "rows", "journal", "manifests", "chunks", "models"] as const) {
      expect(await store.keys(table)).toEqual([]);
    }
    await store.close();
  });
}
