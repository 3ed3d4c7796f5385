import { beforeEach, expect, test } from "vitest";
import { eachClass } from "#model/linearChoice.ts";
import { linearFew, linearQuad } from "#model/linearKernels.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import type { Store } from "#run/store/store.ts";
import { type TuningConditions, tuningKey } from "#run/store/tuning.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import { measuredOnce } from "./kernelChoice.ts";
import type { Tuning } from "./tuneLinear.ts";

const conditions: TuningConditions = {
  adapter: "a GPU",
  sources: ["a kernel"],
  widths: "768 / 3072",
};
const found: Tuning = {
  choice: eachClass((name) => (name === "few.head" ? linearFew : linearQuad)),
  gflops: { "few.head": 12.5 },
  refused: [],
  milliseconds: 900,
};

let store: Store;
let runs: RunStore;
let measurements: number;
const measure = async () => {
  measurements++;
  return found;
};

beforeEach(() => {
  store = memoryStore();
  runs = openRunStore(store, () => new Date("2026-11-20T09:12:00Z"));
  measurements = 0;
});

test("a measurement is made once and stored with its results", async () => {
  const first = await measuredOnce(runs, conditions, measure);
  expect(first).toMatchObject({ adapter: "a GPU", gflops: { "few.head": 12.5 } });
  expect(first.kernels["linear.few.head"]).toBe("linear_few");
  const reopened = openRunStore(store, () => new Date());
  expect(await measuredOnce(reopened, conditions, measure)).toEqual(first);
  expect(measurements).toBe(1);
});

test.each([
  ["adapter", { ...conditions, adapter: "a GPU with another driver" }],
  ["model", { ...conditions, widths: "2048 / 8192" }],
  ["version of the kernels", { ...conditions, sources: ["another kernel"] }],
])("another %s is measured separately", async (_, other) => {
  await measuredOnce(runs, conditions, measure);
  await measuredOnce(runs, other, measure);
  expect(measurements).toBe(2);
});

test("after a reset the next run measures again", async () => {
  await measuredOnce(runs, conditions, measure);
  await runs.tunings.forget();
  expect(await runs.tunings.last("a GPU")).toBeNull();
  await measuredOnce(runs, conditions, measure);
  expect(measurements).toBe(2);
});

test("a stored measurement that is damaged is made again", async () => {
  const key = tuningKey(conditions);
  await store.transact([{ type: "put", table: "tunings", key, value: { kernels: 7 } }]);
  await measuredOnce(runs, conditions, measure);
  expect(measurements).toBe(1);
});

test("the last measurement of an adapter is reported, not another adapter's", async () => {
  await measuredOnce(runs, conditions, measure);
  expect(await runs.tunings.last("a GPU")).toMatchObject({ widths: "768 / 3072" });
  expect(await runs.tunings.last("another GPU")).toBeNull();
});
