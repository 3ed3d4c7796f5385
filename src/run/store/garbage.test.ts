import { beforeEach, describe, expect, test, vi } from "vitest";
import { memoryStore } from "#storage/memoryStore.ts";
import { aModel, anEvaluation, aRun, someRows, steps, weights } from "../testing/runs.ts";
import { openRunStore, type RunStore } from "./runStore.ts";
import { type Store, tableNames } from "./store.ts";

const now = () => new Date("2025-05-06T07:08:09.000Z");

let store: Store;
let runs: RunStore;
beforeEach(async () => {
  store = memoryStore();
  runs = openRunStore(store, now);
  await runs.saveModel(aModel(), weights(0));
  await runs.createRun(aRun("run"), someRows);
});

/** The same store while another tab is at work on these runs and models. */
const besideWorkOn = (...ids: string[]) =>
  openRunStore(store, now, async (id) => (ids.includes(id) ? null : () => {}));

describe("the sweep", () => {
  test("frees what nothing refers to, and leaves the rest", async () => {
    await runs.appendSteps("run", steps(1, 5), "strict");
    await runs.saveSnapshot("run", weights(5));
    await runs.appendEvaluation("run", anEvaluation(5));
    const before = JSON.stringify(await everything());
    expect(await runs.collectGarbage()).toBe(0);

    const bytes = (length: number) => new Uint8Array(length);
    await store.transact([
      { type: "put", table: "chunks", key: "run.abandoned/000000", value: bytes(100) },
      { type: "put", table: "chunks", key: "gone.abc/000000", value: bytes(200) },
      { type: "put", table: "journal", key: "gone/00000000", value: bytes(30) },
      { type: "put", table: "rows", key: "gone/train", value: bytes(3) },
      { type: "put", table: "evaluations", key: "gone/00000000", value: {} },
      { type: "put", table: "manifests", key: "gone/00000001", value: {} },
      { type: "put", table: "models", key: "unused", value: {} },
    ]);
    expect(await runs.collectGarbage()).toBe(7);
    expect(JSON.stringify(await everything())).toBe(before);
  });

  test("leaves alone what another tab is at work on", async () => {
    const value = new Uint8Array(9);
    await store.transact([
      { type: "put", table: "chunks", key: "run.half/000000", value },
      { type: "put", table: "chunks", key: "new-model.half/000000", value },
    ]);
    expect(await besideWorkOn("run", "new-model").collectGarbage()).toBe(0);
    expect(await runs.collectGarbage()).toBe(2);
  });

  test("leaves a base model whose first run is created while it looks", async () => {
    await runs.deleteRun("run");
    await runs.saveModel(aModel(), weights(0));
    const sweeping = openRunStore(store, now, async () => {
      await runs.createRun(aRun("run"), someRows);
      return () => {};
    });
    expect(await sweeping.collectGarbage()).toBe(0);
    expect((await runs.loadRun("run")).snapshots.length).toBe(1);
  });

  test("leaves weights whose save comes to its end while it looks", async () => {
    const save = await beginSave();
    const sweeping = openRunStore(store, now, async () => {
      await save.finish();
      return () => {};
    });
    expect(await sweeping.collectGarbage()).toBe(0);
    expect((await runs.loadRun("run")).snapshots[0]?.step).toBe(2);
  });

  test("leaves weights whose save begins while it looks", async () => {
    const value = new Uint8Array(9);
    await store.transact([{ type: "put", table: "chunks", key: "run.half/000000", value }]);
    let save: Awaited<ReturnType<typeof beginSave>> | undefined;
    const sweeping = openRunStore(store, now, async () => {
      save = await beginSave();
      return () => {};
    });
    await sweeping.collectGarbage();
    await save?.finish();
    expect((await runs.loadRun("run")).snapshots[0]?.step).toBe(2);
  });

  /** A snapshot of step 2 whose first parts are written; the others wait to be asked for. */
  async function beginSave() {
    await runs.appendSteps("run", steps(1, 2), "strict");
    let goOn = () => {};
    const isAsked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { pieces, ...facts } = weights(2);
    async function* halting() {
      for await (const piece of pieces) {
        yield piece;
        if (piece.length > 1) await isAsked;
      }
    }
    const saving = runs.saveSnapshot("run", { ...facts, pieces: halting() });
    await vi.waitFor(async () => expect((await store.keys("chunks", "run.")).length).toBe(2));
    return {
      finish: () => {
        goOn();
        return saving;
      },
    };
  }

  test("takes no model and no weights while a record or a manifest cannot be read", async () => {
    await runs.appendSteps("run", steps(1, 1), "strict");
    await runs.saveSnapshot("run", weights(1));
    await store.transact([
      { type: "put", table: "runs", key: "run", value: { schemaVersion: 2 } },
      { type: "put", table: "manifests", key: "run/00000001", value: { schemaVersion: 2 } },
    ]);
    expect(await runs.collectGarbage()).toBe(0);
    expect((await store.keys("chunks")).length).toBe(14);
  });

  async function everything() {
    return Promise.all(tableNames.map((table) => store.entries(table)));
  }
});
