import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { StorageFull, ZerothError } from "#base/errors.ts";
import { faultStore, seededRandom, volatileStore } from "#storage/faultStore.ts";
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
import { encodeBlock, hashOf, type JournalStep, noBlockBefore } from "./journal.ts";
import { openRunStore, type RunStore } from "./runStore.ts";
import { type Store, tableNames } from "./store.ts";

const now = () => new Date("2025-05-06T07:08:09.000Z");

/** Bytes by their hash: comparing thousands of numbers one by one would take most of the time. */
const digest = (bytes: Uint8Array) => bytesToHex(hashOf(bytes));
const journalDigest = (journal: readonly JournalStep[]) =>
  digest(encodeBlock(journal, noBlockBefore));

/** What a person would find: everything that counts, nothing of names and leftovers. */
async function state(store: Store): Promise<string> {
  const runs = openRunStore(store, now);
  const list = await runs.listRuns();
  expect(list.problems).toEqual([]);
  const found = await Promise.all(
    list.runs.map(async ({ record: { id } }) => {
      const { snapshots, steps: journal, ...rest } = await runs.loadRun(id);
      expect(rest.repairs).toEqual([]);
      const all = snapshots.map(async (manifest) => {
        let bytes = new Uint8Array(0);
        await runs.restore([manifest], async (_, pieces) => {
          bytes = await gather(pieces);
        });
        expect(digest(bytes)).toBe(digest(weightBytes(manifest.step)));
        return `${manifest.ownerId} ${manifest.step}`;
      });
      const coefficients = journal.map((step) => [...step.coefficients]);
      return { ...rest, coefficients, snapshots: await Promise.all(all) };
    }),
  );
  const models = (await store.keys("models")).map(async (id) => {
    const { record, manifest } = await runs.loadModel(id);
    return [record.id, manifest?.sizeBytes];
  });
  return JSON.stringify([found, await Promise.all(models)]);
}

async function prepared(): Promise<Store> {
  const copy = memoryStore();
  for (const table of tableNames) {
    const entries = await (await original).entries(table);
    await copy.transact(entries.map(([key, value]) => ({ type: "put", table, key, value })));
  }
  return copy;
}

const original = prepare();

async function prepare(): Promise<Store> {
  const store = memoryStore();
  const runs = openRunStore(store, now);
  await runs.saveModel(aModel(), weights(0));
  await runs.createRun(aRun("run"), someRows);
  await runs.createRun(aRun("other"), someRows);
  for (const [first, last] of [
    [1, 4],
    [5, 8],
  ] as const) {
    await runs.appendSteps("run", steps(first, last), "strict");
    await runs.saveSnapshot("run", weights(last));
  }
  const value = new Uint8Array(10);
  await store.transact([{ type: "put", table: "chunks", key: "run.abandoned/000000", value }]);
  return store;
}

const actions: Record<string, (runs: RunStore) => Promise<unknown>> = {
  "appending steps": (runs) => runs.appendSteps("run", steps(9, 12), "relaxed"),
  "appending steps and flushing them": (runs) => runs.appendSteps("run", steps(9, 12), "strict"),
  "appending an evaluation": (runs) => runs.appendEvaluation("run", anEvaluation(8)),
  "saving weights": (runs) => runs.saveSnapshot("run", weights(8), { status: "paused" }),
  "creating a run": (runs) => runs.createRun(aRun("new"), someRows),
  "changing a record": (runs) => runs.updateRun("run", { name: "New name" }),
  "deleting a run": (runs) => runs.deleteRun("run"),
  "deleting the last run of a model": async (runs) => {
    await runs.deleteRun("other");
    await runs.deleteRun("run");
  },
  "saving a model": (runs) => runs.saveModel(aModel("model-b"), weights(0)),
  "sweeping up": (runs) => runs.collectGarbage(),
};

describe("whichever call of the store fails,", () => {
  for (const [name, act] of Object.entries(actions)) {
    for (const forEver of [false, true]) {
      for (const writes of ["lost", "kept"] as const) {
        const how = `${forEver ? "for ever" : "once"}, its writes ${writes}`;
        test(`${name} leaves the state before or after (${how}), and works when tried again`, async () => {
          const calm = await prepared();
          const allowed = [await state(calm)];
          if (name === "deleting the last run of a model") {
            await openRunStore(calm, now).deleteRun("other");
            allowed.push(await state(calm));
          }
          await act(openRunStore(calm, now));
          const after = await state(calm);
          allowed.push(after);

          let failures = 0;
          for (let at = 1; ; at++) {
            const store = await prepared();
            const error = new StorageFull("no room");
            const shaky = faultStore(store, { at, forEver, writes, error });
            const runs = openRunStore(shaky, now);
            const outcome = await act(runs).catch((thrown: unknown) => thrown);
            if (shaky.calls() < at) break;
            // Some failures are got around, such as a read that is made again one by one.
            if (outcome === error) failures++;
            expect(outcome instanceof Error ? allowed : [after]).toContain(await state(store));

            // With the same desk where the store has recovered, else after a new start.
            if (outcome instanceof Error) await act(forEver ? openRunStore(store, now) : runs);
            // A model that was just saved has no run yet; here a tab is at work on it.
            const keepB = async (id: string) => (id === "model-b" ? null : () => {});
            await openRunStore(store, now, keepB).collectGarbage();
            expect(await state(store)).toBe(after);
            expect(await store.keys("chunks", "run.abandoned")).toEqual([]);
          }
          expect(failures).toBeGreaterThan(0);
        });
      }
    }
  }

  test("a save that failed for want of room leaves no parts in the way of the next", async () => {
    const store = await prepared();
    for (let at = 1; at < 30; at++) {
      const error = new StorageFull("no room");
      const runs = openRunStore(faultStore(store, { at, forEver: true, error }), now);
      await runs.saveSnapshot("run", weights(8)).catch(() => undefined);
    }
    await openRunStore(store, now).saveSnapshot("run", weights(8));
    // Seven each of the base model and of steps 4 and 8.
    expect((await store.keys("chunks")).length).toBe(21);
  });
});

describe("after a loss of power", () => {
  test("200 runs cut off anywhere are found with all that was flushed, hang together and go on", async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const disk = volatileStore();
      const error = new Error("power is gone");
      const at = 1 + Math.floor(random() * 70);
      const promised = await trainUntilCut(
        openRunStore(faultStore(disk, { at, forEver: true, error }), now),
        random,
        error,
      );
      const store = await disk.losePower(random);
      await expectSound(store, promised, `seed ${seed}`);
    }
  }, 30_000);
});

interface Promised {
  isCreated: boolean;
  step: number;
  snapshot: number;
}

/** A run of chance appends and saves; gives what strict writes have promised to keep. */
async function trainUntilCut(runs: RunStore, random: () => number, cut: Error): Promise<Promised> {
  const promised: Promised = { isCreated: false, step: 0, snapshot: 0 };
  let last = 0;
  try {
    await runs.saveModel(aModel(), weights(0));
    await runs.createRun(aRun("run"), someRows);
    promised.isCreated = true;
    for (;;) {
      const count = 1 + Math.floor(random() * 50);
      const durability = random() < 0.2 ? "strict" : "relaxed";
      await runs.appendSteps("run", steps(last + 1, last + count), durability);
      last += count;
      if (durability === "strict") promised.step = last;
      const choice = random();
      if (choice < 0.2) {
        await runs.saveSnapshot("run", weights(last));
        promised.snapshot = last;
      } else if (choice < 0.4) {
        await runs.appendEvaluation("run", anEvaluation(last));
      }
      if (choice < 0.4) promised.step = last;
    }
  } catch (error) {
    if (error !== cut) throw error;
  }
  return promised;
}

async function expectSound(store: Store, promised: Promised, name: string): Promise<void> {
  const runs = openRunStore(store, now);
  await runs.collectGarbage();
  if (!promised.isCreated) {
    // The record may have been kept though the call did not return.
    if ((await store.keys("runs")).length === 0) return;
  }
  const { record, steps: found, snapshots, rows, repairs } = await runs.loadRun("run");
  expect(found.length, name).toBeGreaterThanOrEqual(promised.step);
  expect(journalDigest(found)).toBe(journalDigest(steps(1, found.length)));
  expect(record).toMatchObject(progressAfter(found.length));
  expect(rows).toEqual(someRows);
  // A strict write is whole, so the newest snapshot never needs the one before.
  expect(snapshots[0]?.step, name).toBeGreaterThanOrEqual(promised.snapshot);
  for (const manifest of snapshots) {
    await runs.restore([manifest], async ({ step }, pieces) => {
      expect(digest(await gather(pieces))).toBe(digest(weightBytes(step)));
    });
  }
  for (const repair of repairs) expect(repair).toMatch(/journal is cut after step/);

  const next = found.length + 5;
  await runs.appendSteps("run", steps(found.length + 1, next), "relaxed");
  await runs.saveSnapshot("run", weights(next));
  const again = await openRunStore(store, now).loadRun("run");
  expect(again.repairs, name).toEqual([]);
  expect(journalDigest(again.steps)).toBe(journalDigest(steps(1, next)));
  expect(again.snapshots[0]?.step).toBe(next);
}

test("every failure of a damaged store is one a person can be told", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const store = await prepared();
    for (const table of ["runs", "rows", "journal", "manifests", "chunks", "models"] as const) {
      for (const [key, value] of await store.entries(table)) {
        if (random() > 0.1) continue;
        const bytes = value instanceof Uint8Array ? value.subarray(0, value.length * random()) : {};
        const odd = random() < 0.5 ? bytes : { schemaVersion: Math.floor(random() * 3) };
        await store.transact([{ type: "put", table, key, value: odd }]);
      }
    }
    const runs = openRunStore(store, now);
    const list = await runs.listRuns();
    expect(list.runs.length + list.problems.length).toBe(2);
    const loaded = await runs.loadRun("run").catch((error: unknown) => error);
    if (loaded instanceof Error) expect(loaded).toBeInstanceOf(ZerothError);
    await runs.collectGarbage();
    await runs.deleteRun("run");
    expect(await store.keys("journal", "run/")).toEqual([]);
  }
});
