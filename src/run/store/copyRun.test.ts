import { beforeEach, expect, test } from "vitest";
import { memoryStore } from "#storage/memoryStore.ts";
import {
  aModel,
  anEvaluation,
  aRun,
  gather,
  someRows,
  steps,
  weightBytes,
  weights,
} from "../testing/runs.ts";
import { openRunStore, type RunStore } from "./runStore.ts";
import type { Store } from "./store.ts";

const now = () => new Date("2025-05-06T07:08:09.000Z");

let source: Store;
let from: RunStore;
let target: Store;
let to: RunStore;
beforeEach(async () => {
  source = memoryStore();
  from = openRunStore(source, now);
  await from.saveModel(aModel(), weights(0));
  await from.createRun(aRun("run"), { ...someRows, test: [{ text: "never seen", label: 0 }] });
  await from.appendEvaluation("run", anEvaluation(0));
  await from.appendSteps("run", steps(1, 300), "strict");
  await from.appendEvaluation("run", anEvaluation(300));
  await from.saveSnapshot("run", weights(300));
  await from.appendSteps("run", steps(301, 310), "relaxed");
  target = memoryStore();
  to = openRunStore(target, now);
});

test("a copied run is the same run: steps, evaluations, examples, base model and weights", async () => {
  const reports: number[][] = [];
  const { isCopied, repairs } = await to.copyFrom(source, "run", (...report) =>
    reports.push(report),
  );
  expect([isCopied, repairs]).toEqual([true, []]);
  expect(reports.at(-1)).toEqual([2000, 2000]);
  expect(reports.length).toBeGreaterThan(10);

  const original = await from.loadRun("run");
  const copy = await openRunStore(target, now).loadRun("run");
  expect({ ...copy, snapshots: [] }).toEqual({ ...original, snapshots: [] });
  const found: Uint8Array[] = [];
  for (const checkpoint of copy.snapshots) found.push(await gather(to.readWeights(checkpoint)));
  expect(found).toEqual([weightBytes(300), weightBytes(0)]);
  expect((await to.loadModel("model-a")).record).toEqual(aModel());
  expect(await to.collectGarbage()).toBe(0);
});

test("a run goes back and forth: a copy that continued replaces the original", async () => {
  await to.copyFrom(source, "run");
  await to.appendSteps("run", steps(311, 320), "strict");
  expect(await to.copyFrom(source, "run")).toMatchObject({ isCopied: false });
  expect(await from.copyFrom(target, "run")).toMatchObject({ isCopied: true });
  await from.appendSteps("run", steps(321, 321), "strict");
  expect((await from.loadRun("run")).steps).toEqual(steps(1, 321));
  expect((await from.loadRun("run")).repairs).toEqual([]);
});

test("a run of the same id that took other steps stays as it is", async () => {
  await to.copyFrom(source, "run");
  await from.appendSteps("run", steps(311, 312), "strict");
  const [next] = steps(311, 311);
  await to.appendSteps("run", [{ ...next!, lossPlus: 9 }], "strict");
  const before = await target.entries("journal");
  await expect(to.copyFrom(source, "run")).rejects.toMatchObject({ code: "E-STORE-8" });
  expect(await target.entries("journal")).toEqual(before);
});

test("damage in the source is reported and left behind", async () => {
  const [checkpoint] = (await from.loadRun("run")).snapshots;
  const key = `${checkpoint?.snapshotId}/000003`;
  await source.transact([{ type: "put", table: "chunks", key, value: new Uint8Array(150) }]);
  const { repairs } = await to.copyFrom(source, "run");
  expect(repairs).toEqual([expect.stringMatching(/part 4 of 7 fails its checksum.*not copied/)]);
  const copy = await to.loadRun("run");
  expect(copy.snapshots.map(({ ownerId }) => ownerId)).toEqual(["model-a"]);
  expect(copy.repairs).toEqual([]);
  expect(await to.collectGarbage()).toBe(0);
});

test("without the weights of its base model nothing is copied", async () => {
  const [key] = await source.keys("chunks", "model-a.");
  await source.transact([{ type: "delete", table: "chunks", key: key! }]);
  await expect(to.copyFrom(source, "run")).rejects.toMatchObject({ code: "E-STORE-3" });
  expect(await target.keys("runs")).toEqual([]);
});

// Parts and record of the base model, then parts and record of the checkpoint with all the rest.
test.each([1, 2, 3, 4])("a copy whose write %i fails leaves nothing that counts", async (at) => {
  let writes = 0;
  const full: Store = {
    ...target,
    transact: (...given) => {
      writes++;
      return writes === at ? Promise.reject(new Error("no room")) : target.transact(...given);
    },
  };
  await expect(openRunStore(full, now).copyFrom(source, "run")).rejects.toThrow("no room");
  expect(await target.keys("runs")).toEqual([]);
  await to.collectGarbage();
  expect(await target.keys("chunks")).toEqual([]);
  expect(await to.copyFrom(source, "run")).toMatchObject({ isCopied: true });
});
