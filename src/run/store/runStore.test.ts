import { beforeEach, describe, expect, test } from "vitest";
import { memoryStore } from "#storage/memoryStore.ts";
import {
  aModel,
  anEvaluation,
  aRun,
  gather,
  progressAfter,
  someRows,
  steps,
  weightBytes,
  weights,
} from "../testing/runs.ts";
import { toStepRecords } from "./journal.ts";
import { openRunStore, type RunStore } from "./runStore.ts";
import type { Store } from "./store.ts";

const now = () => new Date("2025-05-06T07:08:09.000Z");

let store: Store;
let runs: RunStore;
beforeEach(async () => {
  store = memoryStore();
  runs = openRunStore(store, now);
  await runs.saveModel(aModel(), weights(0));
  await runs.createRun(aRun("run"), someRows);
});

/** The same store as the next start of the program sees it. */
const reopened = () => openRunStore(store, now);

/** The same store while another tab is at work on these runs and models. */
const besideWorkOn = (...ids: string[]) =>
  openRunStore(store, now, async (id) => (ids.includes(id) ? null : () => {}));

async function remove(table: "journal" | "chunks" | "rows" | "manifests", key: string) {
  expect(await store.keys(table)).toContain(key);
  await store.transact([{ type: "delete", table, key }]);
}

describe("a run", () => {
  test("is found again with its steps, evaluations, rows and weights", async () => {
    await runs.appendEvaluation("run", anEvaluation(0));
    await runs.appendSteps("run", steps(1, 5), "relaxed");
    await runs.appendSteps("run", steps(6, 8), "strict");
    await runs.appendEvaluation("run", anEvaluation(8));
    await runs.saveSnapshot("run", weights(8), { status: "paused" });
    await runs.appendSteps("run", steps(9, 11), "relaxed");

    const loaded = await reopened().loadRun("run");
    expect(loaded.repairs).toEqual([]);
    expect(loaded.steps).toEqual(steps(1, 11));
    expect(loaded.evaluations).toEqual([anEvaluation(0), anEvaluation(8)]);
    expect(loaded.rows).toEqual(someRows);
    expect(loaded.snapshots.map(({ ownerId, step }) => [ownerId, step])).toEqual([
      ["run", 8],
      ["model-a", 0],
    ]);
    expect(loaded.record).toEqual({
      ...aRun("run"),
      ...progressAfter(11),
      status: "paused",
      updatedAt: now().toISOString(),
      zeroShot: anEvaluation(0),
      lastEvaluation: anEvaluation(8),
      best: anEvaluation(0),
    });
    expect(loaded.record).toMatchObject({ seconds: toStepRecords(steps(1, 11)).at(-1)?.seconds });
  });

  test("keeps the same journal however its steps were grouped", async () => {
    await runs.createRun(aRun("other"), someRows);
    await runs.appendSteps("run", steps(1, 700), "strict");
    for (let first = 1; first <= 700; first += 9) {
      const last = Math.min(first + 8, 700);
      await runs.appendSteps("other", steps(first, last), first % 5 === 0 ? "strict" : "relaxed");
      if (first % 4 === 0) runs = reopened();
    }
    expect((await runs.loadRun("other")).steps).toEqual((await runs.loadRun("run")).steps);
    expect((await store.keys("journal", "run/")).length).toBe(3);
  });

  test("does not fill its journal with a block for each small append", async () => {
    for (let step = 1; step <= 600; step++)
      await runs.appendSteps("run", steps(step, step), "relaxed");
    expect((await store.keys("journal", "run/")).length).toBe(3);
    expect((await reopened().loadRun("run")).steps).toEqual(steps(1, 600));
  });

  test("never rewrites a block that a strict write has flushed", async () => {
    await runs.appendSteps("run", steps(1, 3), "relaxed");
    await runs.updateRun("run", { status: "paused" });
    const flushed = await store.get("journal", "run/00000000");
    await runs.appendSteps("run", steps(4, 6), "relaxed");
    expect(await store.get("journal", "run/00000000")).toEqual(flushed);
    expect((await reopened().loadRun("run")).steps).toEqual(steps(1, 6));
  });

  test("takes no step out of its turn", async () => {
    await runs.appendSteps("run", steps(1, 3), "relaxed");
    await expect(runs.appendSteps("run", steps(5, 6), "relaxed")).rejects.toThrow(
      "Step 5 of run run came where step 4 was due.",
    );
    await expect(runs.appendSteps("run", steps(3, 4), "relaxed")).rejects.toThrow(/step 4 was due/);
    await runs.appendSteps("run", steps(4, 4), "relaxed");
    expect((await runs.loadRun("run")).steps.length).toBe(4);
  });

  test("keeps no weights of a step its journal has not reached", async () => {
    await runs.appendSteps("run", steps(1, 3), "relaxed");
    await expect(runs.saveSnapshot("run", weights(4))).rejects.toThrow(/ends at step 3/);
    expect((await runs.loadRun("run")).snapshots.length).toBe(1);
  });

  test("goes on while its weights are being saved", async () => {
    await runs.appendSteps("run", steps(1, 4), "strict");
    const saving = runs.saveSnapshot("run", weights(4));
    await runs.appendSteps("run", steps(5, 6), "relaxed");
    expect(await runs.collectGarbage()).toBe(0);
    await saving;
    await runs.appendSteps("run", steps(7, 8), "relaxed");
    const loaded = await reopened().loadRun("run");
    expect(loaded.steps).toEqual(steps(1, 8));
    expect(loaded.snapshots[0]?.step).toBe(4);
  });

  test("gets changes made at once one after another, none lost", async () => {
    await Promise.all([
      runs.updateRun("run", { name: "A name" }),
      runs.updateRun("run", { note: "A note" }),
      runs.appendSteps("run", steps(1, 2), "strict"),
    ]);
    const { record } = await runs.loadRun("run");
    expect(record).toMatchObject({ name: "A name", note: "A note", step: 2 });
  });

  test("loses a field that is set to undefined", async () => {
    await runs.updateRun("run", { failure: { code: "E-GPU-6", message: "lost" } });
    expect(await runs.updateRun("run", { failure: undefined })).not.toHaveProperty("failure");
  });

  test("is restored from its weights, and the bytes are the ones saved", async () => {
    await runs.appendSteps("run", steps(1, 2), "strict");
    await runs.saveSnapshot("run", weights(2));
    const { snapshots } = await runs.loadRun("run");
    const found: Uint8Array[] = [];
    await runs.restore(snapshots, async (_, pieces) => void found.push(await gather(pieces)));
    expect(found).toEqual([weightBytes(2)]);
  });
});

describe("a damaged run", () => {
  beforeEach(async () => {
    await runs.appendEvaluation("run", anEvaluation(0));
    for (const [first, last] of [
      [1, 10],
      [11, 20],
      [21, 30],
    ] as const) {
      await runs.appendSteps("run", steps(first, last), "strict");
      await runs.appendEvaluation("run", anEvaluation(last));
      await runs.saveSnapshot("run", weights(last));
    }
    runs = reopened();
  });

  test("with a block missing ends before it, uses the snapshot before, says so, and can go on", async () => {
    await remove("journal", "run/00000002");
    const loaded = await runs.loadRun("run");
    expect(loaded.steps).toEqual(steps(1, 20));
    expect(loaded.snapshots.map(({ step }) => step)).toEqual([20, 0]);
    expect(loaded.evaluations.map(({ step }) => step)).toEqual([0, 10, 20]);
    expect(loaded.record).toMatchObject({ step: 20, lastEvaluation: anEvaluation(20) });
    expect(loaded.repairs).toEqual([
      "The run had reached step 30; what is left of its journal ends at step 20. The steps between have to be trained again.",
      "The snapshot of step 30 lies beyond the journal's end. Going on from step 20.",
    ]);

    await runs.appendSteps("run", steps(21, 25), "relaxed");
    const mended = await reopened().loadRun("run");
    expect(mended.repairs).toEqual([]);
    expect(mended.record).toMatchObject(progressAfter(25));
    expect(mended.snapshots.map(({ step }) => step)).toEqual([20, 0]);
  });

  test("with a block damaged in the middle drops all that came after it", async () => {
    const value = await store.get("journal", "run/00000001");
    if (!(value instanceof Uint8Array)) throw new Error("no block");
    value[100]! ^= 4;
    await store.transact([{ type: "put", table: "journal", key: "run/00000001", value }]);
    const loaded = await runs.loadRun("run");
    expect(loaded.steps).toEqual(steps(1, 10));
    expect(loaded.repairs[0]).toMatch(/cut after step 10: block 2 .*checksum/);
    expect(loaded.snapshots.map(({ ownerId }) => ownerId)).toEqual(["model-a"]);
    await runs.appendSteps("run", steps(11, 12), "relaxed");
    expect(await store.keys("journal", "run/")).toEqual(["run/00000000", "run/00000001"]);
    expect((await reopened().loadRun("run")).repairs).toEqual([]);
  });

  test("with a part of its newest weights missing goes back to those before", async () => {
    const [newest] = (await runs.loadRun("run")).snapshots;
    await remove("chunks", `${newest?.snapshotId}/000002`);
    const loaded = await runs.loadRun("run");
    expect(loaded.steps.length).toBe(30);
    expect(loaded.snapshots.map(({ step }) => step)).toEqual([20, 0]);
    expect(loaded.repairs).toEqual([
      "The snapshot of step 30 has parts missing. Going on from step 20.",
    ]);
  });

  test("with an unreadable manifest goes back to the weights before", async () => {
    const value = { schemaVersion: 1, parts: "all" };
    await store.transact([{ type: "put", table: "manifests", key: "run/00000030", value }]);
    const loaded = await runs.loadRun("run");
    expect(loaded.snapshots.map(({ step }) => step)).toEqual([20, 0]);
    expect(loaded.repairs[0]).toMatch(/run\/00000030 is damaged .* Going on from step 20/);
  });

  test("without its rows can still be looked at", async () => {
    await remove("rows", "run/dev");
    const loaded = await runs.loadRun("run");
    expect(loaded.rows).toBeNull();
    expect(loaded.steps.length).toBe(30);
    expect(loaded.repairs[0]).toMatch(/rows run\/dev is not in this storage.*cannot go on/);
  });

  test("without any weights says so", async () => {
    await store.transact([{ type: "deletePrefix", table: "chunks", prefix: "" }]);
    const loaded = await runs.loadRun("run");
    expect(loaded.snapshots).toEqual([]);
    expect(loaded.repairs.at(-1)).toMatch(/Base model: .*No weights are left to go on from/);
  });
});

describe("a record", () => {
  test("of another version is refused in a clear sentence and left as it is", async () => {
    const value = { schemaVersion: 2, anything: "else" };
    await store.transact([{ type: "put", table: "runs", key: "run", value }]);
    await expect(runs.loadRun("run")).rejects.toMatchObject({
      code: "E-STORE-3",
      message:
        "Run run was written by another version of Zeroth (format 2; this one reads 1). Reload the page to get the newest version; nothing was changed.",
    });
    expect(await store.get("runs", "run")).toEqual(value);
  });

  test("damaged in any one field is refused by the field's name, and never crashes the list", async () => {
    const good = aRun("run");
    for (const field of Object.keys(good)) {
      for (const bad of [null, 17.5, [], { odd: true }]) {
        const value = { ...good, [field]: bad };
        await store.transact([{ type: "put", table: "runs", key: "run", value }]);
        const outcome = await runs.loadRun("run").then(
          () => "read",
          (error: unknown) => error,
        );
        // 17.5 is a fair number of seconds or tokens, and {} of settings or kernels is judged inside.
        if (outcome === "read") expect(["tokens", "seconds", "settings"]).toContain(field);
        else expect(outcome).toMatchObject({ code: "E-STORE-3" });
        const list = await runs.listRuns();
        expect(list.runs.length + list.problems.length).toBe(1);
      }
    }
  });

  test("that is not there is told apart from a damaged one", async () => {
    await expect(runs.loadRun("nobody")).rejects.toThrow(/nobody is not in this storage/);
  });

  test("keeps fields this version does not know", async () => {
    const value = { ...aRun("run"), colour: "green" };
    await store.transact([{ type: "put", table: "runs", key: "run", value }]);
    expect(await runs.updateRun("run", { name: "New" })).toMatchObject({ colour: "green" });
  });
});

describe("the list of runs", () => {
  test("has the newest first, with the bytes that deleting would free", async () => {
    await runs.createRun({ ...aRun("young"), createdAt: "2025-03-01T00:00:00.000Z" }, someRows);
    await runs.appendSteps("run", steps(1, 300), "strict");
    await runs.saveSnapshot("run", weights(300));
    const { runs: listed } = await runs.listRuns();
    expect(listed.map(({ record }) => record.id)).toEqual(["young", "run"]);
    expect(listed[1]?.sizeBytes).toBeGreaterThan(300 * 52 + 1000);
    expect(await runs.deleteRun("run")).toBe(listed[1]?.sizeBytes);
    expect(await besideWorkOn("model-a").deleteRun("young")).toBe(listed[0]?.sizeBytes);
  });

  test("shows how far an interrupted run really came", async () => {
    await runs.appendSteps("run", steps(1, 5), "strict");
    await runs.appendSteps("run", steps(6, 9), "relaxed");
    const { runs: listed } = await reopened().listRuns();
    expect(listed[0]?.record).toMatchObject(progressAfter(9));
  });

  test("names a run it cannot read, which can still be deleted", async () => {
    await store.transact([{ type: "put", table: "runs", key: "run", value: { broken: true } }]);
    const { problems } = await runs.listRuns();
    expect(problems).toEqual([{ runId: "run", message: expect.stringContaining("damaged") }]);
    expect(await runs.deleteRun("run")).toBeGreaterThan(0);
    expect(await store.keys("runs")).toEqual([]);
  });
});

describe("a base model", () => {
  test("is kept once for all its runs and given back whole", async () => {
    const chunks = await store.keys("chunks");
    await runs.saveModel(aModel(), weights(0));
    expect(await store.keys("chunks")).toEqual(chunks);
    const { record, manifest } = await runs.loadModel("model-a");
    expect(record).toEqual(aModel());
    expect(manifest?.sizeBytes).toBe(1000);
  });

  test("is written anew where parts of it were lost", async () => {
    await store.transact([{ type: "deletePrefix", table: "chunks", prefix: "" }]);
    expect((await runs.loadModel("model-a")).manifest).toBeUndefined();
    await runs.saveModel(aModel(), weights(0));
    expect((await runs.loadModel("model-a")).manifest).toBeDefined();
  });

  test("goes with the last run that started from it, unless it is in use", async () => {
    await runs.createRun(aRun("second"), someRows);
    await runs.deleteRun("run");
    expect(await store.keys("models")).toEqual(["model-a"]);
    await besideWorkOn("model-a").deleteRun("second");
    expect(await store.keys("models")).toEqual(["model-a"]);
    await runs.createRun(aRun("third"), someRows);
    expect(await runs.deleteRun("third")).toBeGreaterThan(1000);
    for (const table of ["models", "manifests", "chunks"] as const) {
      expect(await store.keys(table)).toEqual([]);
    }
  });
});
