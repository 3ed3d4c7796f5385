import { beforeEach, expect, test } from "vitest";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import { anEvaluation, aRun, someRows, steps } from "#run/testing/runs.ts";
import type { EngineEvent } from "./protocol.ts";
import { RunWriter } from "./runWriter.ts";
import { limitedStore } from "./testing/limitedStore.ts";

const date = () => new Date("2025-05-06T07:08:09.000Z");
const failure = { code: "E-GPU-7", message: "The GPU was reset twice." };

let store: ReturnType<typeof limitedStore>;
let runs: RunStore;
let writer: RunWriter;
let events: EngineEvent[];
beforeEach(async () => {
  store = limitedStore();
  runs = openRunStore(store, date);
  events = [];
  const env = { date, emit: (event: EngineEvent) => void events.push(event) };
  writer = new RunWriter(env, runs, "run", { savedStep: 0, checkpointStep: 0 });
  await runs.createRun(aRun("run"), someRows);
});

test("steps that are added while rejected ones are retried follow them, each once", async () => {
  store.isFull = true;
  await writer.addSteps(steps(1, 3), "relaxed");
  store.isFull = false;
  await Promise.all([writer.saveWaiting(), writer.addSteps(steps(4, 5), "relaxed")]);
  expect((await runs.loadRun("run")).steps).toEqual(steps(1, 5));
  expect([writer.savedStep, writer.hasUnsaved]).toEqual([5, false]);
});

test("waiting writes keep their order, and the last change of the record wins", async () => {
  await writer.update({ status: "paused", failure });
  store.isFull = true;
  expect(await writer.update({ status: "running", failure: undefined })).toBeNull();
  await writer.addSteps(steps(1, 3), "relaxed");
  await writer.addEvaluation(anEvaluation(3));
  await writer.update({ status: "finished" });
  expect((await runs.loadRun("run")).record).toMatchObject({ step: 0, status: "paused", failure });

  store.isFull = false;
  await writer.saveWaiting();
  const { record, evaluations } = await runs.loadRun("run");
  expect(evaluations).toEqual([anEvaluation(3)]);
  expect(record).toMatchObject({ step: 3, status: "finished" });
  expect(record.failure).toBeUndefined();
});

test("the recovery of a store is reported once, and nothing is written if nothing waits", async () => {
  store.isFull = true;
  await writer.addSteps(steps(1, 3), "relaxed");
  store.isFull = false;
  expect(await writer.saveWaiting()).toBe(true);
  expect(await writer.saveWaiting()).toBe(false);
  const kinds = events.flatMap((event) => (event.type === "notice" ? [event.kind] : []));
  expect(kinds).toEqual(["problem", "recovered"]);
});
