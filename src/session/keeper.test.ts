import { beforeEach, expect, test } from "vitest";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import { anEvaluation, aRun, someRows, steps } from "#run/testing/runs.ts";
import { Keeper } from "./keeper.ts";
import type { EngineEvent } from "./protocol.ts";
import { stubbornStore } from "./testing/stubbornStore.ts";

const date = () => new Date("2025-05-06T07:08:09.000Z");
const failure = { code: "E-GPU-7", message: "The GPU was reset twice." };

let store: ReturnType<typeof stubbornStore>;
let runs: RunStore;
let keeper: Keeper;
let events: EngineEvent[];
beforeEach(async () => {
  store = stubbornStore();
  runs = openRunStore(store, date);
  events = [];
  const env = { date, emit: (event: EngineEvent) => void events.push(event) };
  keeper = new Keeper(env, runs, "run", { savedStep: 0, snapshotStep: 0 });
  await runs.createRun(aRun("run"), someRows);
});

test("steps that come while the refused ones are tried again are written after them, each once", async () => {
  store.isFull = true;
  await keeper.addSteps(steps(1, 3), "relaxed");
  store.isFull = false;
  await Promise.all([keeper.saveWaiting(), keeper.addSteps(steps(4, 5), "relaxed")]);
  expect((await runs.loadRun("run")).steps).toEqual(steps(1, 5));
  expect([keeper.savedStep, keeper.hasUnsaved]).toEqual([5, false]);
});

test("what waits is written in its order, and of the record's changes the last", async () => {
  await keeper.update({ status: "paused", failure });
  store.isFull = true;
  expect(await keeper.update({ status: "running", failure: undefined })).toBeNull();
  await keeper.addSteps(steps(1, 3), "relaxed");
  await keeper.addEvaluation(anEvaluation(3));
  await keeper.update({ status: "finished" });
  expect((await runs.loadRun("run")).record).toMatchObject({ step: 0, status: "paused", failure });

  store.isFull = false;
  await keeper.saveWaiting();
  const { record, evaluations } = await runs.loadRun("run");
  expect(evaluations).toEqual([anEvaluation(3)]);
  expect(record).toMatchObject({ step: 3, status: "finished" });
  expect(record.failure).toBeUndefined();
});

test("a store that takes writes again is told of once, and asked for nothing where nothing waits", async () => {
  store.isFull = true;
  await keeper.addSteps(steps(1, 3), "relaxed");
  store.isFull = false;
  expect(await keeper.saveWaiting()).toBe(true);
  expect(await keeper.saveWaiting()).toBe(false);
  const kinds = events.flatMap((event) => (event.type === "notice" ? [event.kind] : []));
  expect(kinds).toEqual(["problem", "recovered"]);
});
