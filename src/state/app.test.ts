import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createApp } from "./app.ts";
import { column } from "./charts/runSeries.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "./preferences.ts";
import { defaultDraft, requestFrom } from "./run/playground.ts";
import { runAccess } from "./run/runAccess.ts";
import { queuedRuns } from "./setup/queuePlan.ts";
import { contradictionIn } from "./setup/readiness.ts";
import { fakeTask } from "./testing/fakeData.ts";
import { FakeEngine, type Script } from "./testing/fakeEngine.ts";
import { fakeRecord, fakeRuns } from "./testing/fakeReports.ts";
import { reportOf } from "./testing/fakeRun.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "MessageEvent",
    class {
      readonly data: unknown;
      constructor(_: string, { data }: { data: unknown }) {
        this.data = data;
      }
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(script: Script = {}) {
  const engine = new FakeEngine(script);
  const saved: string[] = [];
  const kept: Preferences[] = [];
  const app = createApp({
    port: engine,
    preferences: {
      load: async () => DEFAULT_PREFERENCES,
      save: async (preferences) => void kept.push(preferences),
    },
    clock: {
      setTimeout: (action, ms) => Number(setTimeout(action, ms)),
      clearTimeout: (id) => clearTimeout(id),
    },
    saveFile: (name) => void saved.push(name),
  });
  void app.actions.begin("");
  await vi.advanceTimersByTimeAsync(10);
  return { ...app, engine, saved, kept, state: () => app.store.getState() };
}

test("at its start the page asks for the GPU and learns of methods and stored runs", async () => {
  const { engine, state } = await open({ runs: fakeRuns });
  expect(engine.received.map(({ type }) => type)).toEqual(["checkDevice"]);
  expect(state().device?.state).toBe("ready");
  expect(state().catalogue?.methods.length).toBe(5);
  expect(state().runs?.length).toBe(3);
});

test("one click opens model and rows, starts a run and shows it", async () => {
  const { engine, actions, state } = await open();
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(300);
  expect(engine.received.map(({ type }) => type)).toEqual([
    "checkDevice",
    "openModel",
    "openData",
    "startRun",
  ]);
  expect(state().place).toEqual({ name: "run", runId: "fresh" });
  expect(state().liveRunId).toBe("fresh");
});

test("the curves of a run hold every step the engine sent", async () => {
  const { actions, state } = await open({ stopsAt: 400, stepsPerTick: 40 });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(2000);
  const series = state().series["fresh"];
  expect(series && column(series, "step").length).toBe(400);
  expect(state().reports["fresh"]?.record.status).toBe("finished");
  expect(state().pending.startRun).toBe(0);
});

test("a refusal stays with its command until that is tried again", async () => {
  const failure = { code: "E-FILE-1", message: "Not a model." };
  const { actions, state } = await open({ refusals: { openModel: failure } });
  const isDone = actions.openModel({ kind: "demo" });
  await vi.advanceTimersByTimeAsync(10);
  expect(await isDone).toBe(false);
  expect(state().failures.openModel).toEqual(failure);
  void actions.openModel({ kind: "demo" });
  expect(state().failures.openModel).toBeUndefined();
});

test("a model is opened as f16 at once where that is chosen, and as usual where it is not", async () => {
  const { actions, engine } = await open();
  void actions.openModel({ kind: "demo" });
  actions.editSetting("dtype", "f16");
  void actions.openModel({ kind: "demo" });
  const asked = engine.received.filter(({ type }) => type === "openModel");
  expect(asked.map((command) => ("dtype" in command ? command.dtype : "f32"))).toEqual([
    "f32",
    "f16",
  ]);
});

test("the trial stops at the first refusal and starts no run", async () => {
  const failure = { code: "E-GPU-6", message: "The GPU was reset." };
  const { actions, engine } = await open({ refusals: { openData: failure } });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(100);
  expect(engine.received.at(-1)?.type).toBe("openData");
});

test("typing in the template asks the engine once, after a rest", async () => {
  const { actions, engine, state } = await open();
  void actions.openData({ train: { kind: "demo", split: "train" } });
  await vi.advanceTimersByTimeAsync(10);
  actions.editTask({ ...fakeTask, template: "{text} I" });
  actions.editTask({ ...fakeTask, template: "{text} It is" });
  expect(state().taskDraft?.template).toBe("{text} It is");
  await vi.advanceTimersByTimeAsync(400);
  const sent = engine.received.filter(({ type }) => type === "setTask");
  expect(sent).toMatchObject([{ task: { template: "{text} It is" } }]);
  expect(state().isTaskPending).toBe(false);
});

test("pausing holds the run, resuming goes on, stopping ends it", async () => {
  const { actions, state } = await open({ stopsAt: 1e9 });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(300);
  expect(runAccess(state(), "fresh")).toMatchObject({ canPause: true, canResume: false });
  void actions.pause();
  await vi.advanceTimersByTimeAsync(10);
  expect(runAccess(state(), "fresh")).toMatchObject({
    canPause: false,
    canResume: true,
    canAsk: true,
  });
  void actions.resume();
  await vi.advanceTimersByTimeAsync(300);
  expect(state().reports["fresh"]?.record.status).toBe("running");
  void actions.stop();
  await vi.advanceTimersByTimeAsync(10);
  expect(runAccess(state(), "fresh")).toMatchObject({ canStop: false, canAsk: true });
});

test("a run looked at while another starts does not take its place", async () => {
  const { actions, engine, state } = await open({ runs: fakeRuns, stopsAt: 1e9 });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(1);
  void actions.viewRun("r2");
  await vi.advanceTimersByTimeAsync(300);
  expect(engine.received.map(({ type }) => type)).toContain("viewRun");
  expect(state().reports["r2"]).toBeDefined();
  expect(state().liveRunId).toBe("fresh");
  expect(state().place).toEqual({ name: "run", runId: "fresh" });
});

test("a paused run that made room for learning rates is opened again before it goes on", async () => {
  const { actions, engine, state } = await open({ stopsAt: 1e9 });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(300);
  void actions.pause();
  await vi.advanceTimersByTimeAsync(10);
  void actions.findLearningRate();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(state().liveRunId).toBeNull();
  expect(runAccess(state(), "fresh")).toMatchObject({ isLive: false, canOpen: true });
  expect(engine.received.at(-1)?.type).toBe("probeLearningRates");
});

test("answers of a run's weights go when it trains on", async () => {
  const { actions, state } = await open({ stopsAt: 1e9 });
  void actions.tryDemo();
  await vi.advanceTimersByTimeAsync(300);
  void actions.pause();
  await vi.advanceTimersByTimeAsync(10);
  void actions.predict({ text: "fine" });
  await vi.advanceTimersByTimeAsync(10);
  expect(state().prediction).not.toBeNull();
  void actions.resume();
  await vi.advanceTimersByTimeAsync(300);
  expect(state().prediction).toBeNull();
});

test("a run that another tab holds can only be looked at", async () => {
  const { state } = await open({ runs: fakeRuns });
  expect(runAccess(state(), "r3")).toMatchObject({
    isLocked: true,
    canWrite: false,
    canResume: false,
    canOpen: false,
  });
});

test("a run that another tab holds is asked for from its last step on, one question at a time", async () => {
  const { actions, engine } = await open({ runs: fakeRuns });
  void actions.viewRun("r3");
  await vi.advanceTimersByTimeAsync(10);
  void actions.followRun("r3");
  void actions.followRun("r3");
  await vi.advanceTimersByTimeAsync(10);
  void actions.followRun("r1");
  await vi.advanceTimersByTimeAsync(10);
  const asked = engine.received.filter(({ type }) => type === "followRun");
  expect(asked).toMatchObject([
    { runId: "r3", after: 412, wasHeld: true },
    { runId: "r1", after: 0, wasHeld: false },
  ]);
});

test("deleting a run removes it and tells the bytes freed", async () => {
  const { actions, state } = await open({ runs: fakeRuns });
  void actions.viewRun("r2");
  await vi.advanceTimersByTimeAsync(10);
  expect(state().series["r2"]?.length).toBe(400);
  void actions.deleteRun("r2");
  await vi.advanceTimersByTimeAsync(10);
  expect(state().runs?.map(({ record }) => record.id)).toEqual(["r1", "r3"]);
  expect(state().series["r2"]).toBeUndefined();
  expect(state().lastFreedBytes).toBe(8_400_000);
});

test("a file from the engine is handed to the person", async () => {
  const { actions, saved } = await open({ runs: fakeRuns });
  void actions.exportLog("r1", "csv");
  await vi.advanceTimersByTimeAsync(10);
  expect(saved).toEqual(["run.txt"]);
});

test("a worker that dies rejects what is under way and everything after", async () => {
  const { actions, engine, state } = await open();
  engine.onerror?.(Object.assign(new Event("error"), brokenEvent));
  expect(state().broken?.message).toContain("out of memory");
  expect(await actions.listRuns()).toBe(false);
  expect(state().failures.listRuns).toEqual(state().broken);
});

test("a warning about a run ends when that run has finished", async () => {
  const { engine, state } = await open();
  const failure = { code: "E-TRAIN-2", message: "It diverges." };
  const runId = "warned";
  const emitRun = (status: "running" | "finished") => {
    const record = { ...fakeRecord, id: runId, status };
    engine.emit({ type: "run", run: reportOf(record, null) });
  };
  engine.emit({ type: "notice", kind: "problem", failure, runId });
  emitRun("running");
  expect(state().notices).toMatchObject([{ runId }]);
  emitRun("finished");
  expect(state().notices).toEqual([]);
});

test("a notice stays until it is dismissed", async () => {
  const { actions, engine, state } = await open();
  const failure = { code: "E-STORE-2", message: "Storage is full." };
  engine.emit({ type: "notice", kind: "problem", failure });
  expect(state().notices).toMatchObject([{ kind: "problem", failure }]);
  actions.dismissNotice(state().notices[0]?.key ?? 0);
  expect(state().notices).toEqual([]);
});

test("a preference is kept as soon as it changes", async () => {
  const { actions, kept } = await open();
  await actions.prefer({ axis: "seconds" });
  expect(kept).toMatchObject([{ axis: "seconds", theme: "system" }]);
});

test("runs are queued in order, trained one after another, and the page is left where it was", async () => {
  const { actions, engine, state } = await open({ stopsAt: 20, stepsPerTick: 10 });
  const settings = { method: "mezo" };
  const plan = ["a", "b"].map((name) => ({ settings, name }));
  void actions.addToQueue(plan);
  await vi.advanceTimersByTimeAsync(50);
  expect(queuedRuns(state().runs).map(({ record }) => record.name)).toEqual(["a", "b"]);
  void actions.runQueue();
  await vi.advanceTimersByTimeAsync(100);
  expect(state().place).toEqual({ name: "home" });
  expect(state().liveRunId).toBe(queuedRuns(state().runs).length === 1 ? "queued-0" : null);
  await vi.advanceTimersByTimeAsync(2000);
  expect(queuedRuns(state().runs)).toEqual([]);
  expect(state().liveRunId).toBe("queued-1");
  expect(state().pending.runQueue).toBe(0);
  expect(engine.received.filter(({ type }) => type === "queueRun").length).toBe(2);
});

test("a refused run ends the queueing", async () => {
  const failure = { code: "E-CFG-3", message: "They do not go together." };
  const { actions, engine, state } = await open({ refusals: { queueRun: failure } });
  const isDone = actions.addToQueue([1, 2].map((seed) => ({ settings: { seed }, name: "x" })));
  await vi.advanceTimersByTimeAsync(50);
  expect(await isDone).toBe(false);
  expect(engine.received.filter(({ type }) => type === "queueRun").length).toBe(1);
  expect(contradictionIn(state().failures)).toEqual(failure);
});

test("a probe fills in rate by rate, and is forgotten with the rows it was made on", async () => {
  const { actions, state } = await open({ probeStopsAt: 5 });
  void actions.findLearningRate();
  await vi.advanceTimersByTimeAsync(400);
  expect(state().probe?.points.length).toBe(5);
  expect(state().pending.probeLearningRates).toBe(1);
  void actions.cancel();
  await vi.advanceTimersByTimeAsync(10);
  expect(state().pending.probeLearningRates).toBe(0);
  void actions.openData({ train: { kind: "demo", split: "train" } });
  await vi.advanceTimersByTimeAsync(10);
  expect(state().probe).toBeNull();
});

test("going back to a step forgets the answers of other weights", async () => {
  const { actions, state } = await open({ runs: fakeRuns });
  void actions.openRun("r2");
  await vi.advanceTimersByTimeAsync(10);
  void actions.predict({ text: "fine" });
  await vi.advanceTimersByTimeAsync(10);
  expect(state().prediction).not.toBeNull();
  void actions.travelTo(120);
  await vi.advanceTimersByTimeAsync(200);
  expect(state().reports["r2"]?.travelledTo).toBe(120);
  expect(state().travelled["r2"]?.step).toBe(120);
  expect(state().prediction).toBeNull();
});

test("both models write, the tuned one first; stopped, what stands stays", async () => {
  const { actions, state, engine } = await open({ runs: fakeRuns });
  void actions.openRun("r2");
  await vi.advanceTimersByTimeAsync(10);
  const request = requestFrom("the film was", defaultDraft({ kind: "classification" }))!;
  void actions.write(request);
  await vi.advanceTimersByTimeAsync(200);
  expect(state().writing).toMatchObject({ request, before: null, after: { ending: null } });
  expect(state().pending.write).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(state().writing).toMatchObject({ before: { ending: "end token" } });
  expect(state().pending.write).toBe(0);

  void actions.write(request);
  expect(state().writing).toBeNull();
  await vi.advanceTimersByTimeAsync(200);
  void actions.cancel();
  await vi.advanceTimersByTimeAsync(10);
  expect(engine.received.at(-1)?.type).toBe("cancel");
  expect(state().writing).toMatchObject({ before: null, after: { ending: "cancelled" } });
  expect(state().pending.write).toBe(0);
});

test("curves of many runs are kept, but not of all that were ever looked at", async () => {
  const runs = Array.from({ length: 20 }, (_, i) => ({
    ...fakeRuns[1]!,
    record: { ...fakeRuns[1]!.record, id: `run-${i}`, step: 10 },
  }));
  const { actions, state } = await open({ runs });
  for (const { record } of runs) void actions.viewRun(record.id);
  await vi.advanceTimersByTimeAsync(50);
  expect(Object.keys(state().series).length).toBe(12);
  expect(state().series["run-19"]).toBeDefined();
  // A run whose curves are gone is read again as a whole.
  expect(state().reports["run-0"]).toBeUndefined();
});

test("a duplicate takes the settings of a run and remembers whose they were", async () => {
  const { actions, state } = await open({ runs: fakeRuns });
  const { record } = fakeRuns[0]!;
  actions.duplicate(record);
  expect(state()).toMatchObject({ place: { name: "setup" }, origin: { id: "r1" } });
  actions.forgetOrigin();
  expect(state().origin).toBeNull();
});

test("settings from a link fill the form, and their task goes to the rows it fits", async () => {
  const { actions, state, engine } = await open({ runs: fakeRuns });
  void actions.openData({ train: { kind: "demo", split: "train" } });
  await vi.advanceTimersByTimeAsync(50);
  void actions.importSettings("#c=abc");
  await vi.advanceTimersByTimeAsync(50);
  expect(state()).toMatchObject({
    place: { name: "setup" },
    draft: { name: "Shared", methodId: "lezo" },
    imported: { model: "facebook/opt-125m" },
  });
  expect(engine.received.map(({ type }) => type)).toContain("setTask");
});

test("a link that cannot be read changes nothing and says why", async () => {
  const failure = { code: "E-CFG-5", message: "The settings in this link cannot be read." };
  const { actions, state } = await open({ refusals: { readSettings: failure } });
  const before = state().draft;
  const taken = actions.importSettings("#c=abc");
  await vi.advanceTimersByTimeAsync(50);
  expect(await taken).toBe(false);
  expect(state()).toMatchObject({ draft: before, failures: { readSettings: failure } });
});

test("a run from a bundle is shown as soon as it is rebuilt, and cannot be resumed", async () => {
  const { actions, state } = await open({ runs: fakeRuns });
  void actions.openBundle(new Blob([]));
  await vi.advanceTimersByTimeAsync(50);
  const { place, liveRunId, bundles } = state();
  expect(place).toEqual({ name: "run", runId: liveRunId });
  expect(bundles[liveRunId ?? ""]).toBe(true);
  expect(runAccess(state(), liveRunId ?? "")).toMatchObject({ canResume: false, canAsk: true });
});

const brokenEvent = {
  message: "out of memory",
  filename: "",
  lineno: 0,
  colno: 0,
  error: null,
};
