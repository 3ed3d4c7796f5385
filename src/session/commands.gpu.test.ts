import { describe, expect, test } from "vitest";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import { type Store, tableNames } from "#run/store/store.ts";
import { reviewLines } from "#run/testing/fixtureRun.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { CommandBody, EngineEvent } from "./protocol.ts";
import type { RunSummary } from "./reports.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  openReadyTab,
  reportedSteps,
  reportsStep,
  type Tab,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

// Every answer is counted where a command is sent: testing/browser.ts expects exactly one for each.
const gpu = oneDeviceGpu();
const rows = 8;
const mezo: SettingValues = {
  method: "mezo",
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 6,
};
const lezo: SettingValues = { ...mezo, method: "lezo" };
const sparse: SettingValues = { ...mezo, method: "sparse_mezo" };

const writing: WritingRequest = {
  prompt: "fine",
  sampling: { kind: "greedy" },
  seed: 0,
  maxNewTokens: 5,
  stops: [],
};

const start = (tab: Tab, settings = mezo, name = "a run") =>
  tab.ask({ type: "startRun", settings, name });

async function endOf(settings: SettingValues): Promise<string | undefined> {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  await start(tab, settings);
  return lastRecord(tab).weightsSha256;
}

function listed({ events }: Tab): readonly RunSummary[] {
  const runs = events.findLast((event) => event.type === "runs");
  return runs?.type === "runs" ? runs.runs : [];
}

const statuses = (tab: Tab) =>
  Object.fromEntries(listed(tab).map(({ record }) => [record.name, record.status]));

describe("while a run trains", () => {
  test("commands that need the GPU are rejected with a message, those that read stored runs succeed", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    const source = { kind: "demo" } as const;
    const refused: CommandBody[] = [
      { type: "startRun", settings: mezo, name: "another" },
      { type: "resumeRun" },
      { type: "queueRun", settings: mezo, name: "another" },
      { type: "runQueue" },
      { type: "probeLearningRates", settings: mezo },
      { type: "openModel", source },
      { type: "openData", train: { ...source, split: "train" } },
      { type: "openRun", runId: "run-1" },
      { type: "travelTo", step: 1 },
      { type: "predict", values: { text: "fine" } },
      { type: "write", request: writing },
      { type: "evaluate" },
      { type: "exportModel" },
    ];
    const answered: CommandBody[] = [
      { type: "listRuns" },
      { type: "viewRun", runId: "run-1" },
      { type: "renameRun", runId: "run-1", name: "renamed" },
      { type: "noteRun", runId: "run-1", note: "looks well" },
      { type: "exportLog", runId: "run-1", format: "jsonl" },
    ];
    const failures: Promise<unknown>[] = [];
    tab.once(reportsStep(3), () => {
      failures.push(...refused.map((command) => tab.rejection(command)));
      failures.push(tab.rejection({ type: "deleteRun", runId: "run-1" }));
      failures.push(...answered.map((command) => tab.ask(command)));
    });
    await start(tab);
    const [deletion, ...rest] = (await Promise.all(failures)).slice(refused.length);
    for (const failure of await Promise.all(failures.slice(0, refused.length))) {
      expect(failure).toEqual({ code: "E-BUSY-1", message: "A run is training. Pause it first." });
    }
    expect(deletion).toMatchObject({
      message: "This run is training. Stop it before deleting it.",
    });
    expect(rest.length).toBe(answered.length);
    expect(lastRecord(tab)).toMatchObject({ name: "renamed", note: "looks well" });
    expect(lastRecord(tab).weightsSha256).toBe(await endOf(mezo));
  });

  test("a pause requested before the first step takes effect", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await Promise.all([start(tab), tab.ask({ type: "pauseRun" })]);
    expect(lastRecord(tab)).toMatchObject({ status: "paused", step: 0 });
    await tab.ask({ type: "resumeRun" });
    expect(lastRecord(tab).weightsSha256).toBe(await endOf(mezo));
  });

  test("stopping ends it at its last step, with an evaluation there", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    let stopped: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(2), () => {
      stopped = tab.ask({ type: "stopRun" });
    });
    await start(tab);
    await stopped;
    const { status, step, lastEvaluation, weightsSha256 } = lastRecord(tab);
    expect(status).toBe("finished");
    expect(step).toBeLessThan(6);
    expect(lastEvaluation?.step).toBe(step);
    expect(weightsSha256).toBe(await endOf({ ...mezo, steps: step }));
  });
});

describe("a pause requested during an evaluation", () => {
  const isEvaluating = (event: EngineEvent) =>
    event.type === "progress" && event.progress?.label === "Evaluating the validation set";
  // Five batches of eight, so that there is something left to give up.
  const dev = { kind: "text", name: "dev.jsonl", text: reviewLines.slice(-40).join("\n") } as const;
  const steps = { ...mezo, evalEvery: 4 };

  test.each([
    ["before the first step", 0],
    ["during the run", 4],
    ["after the last step", 6],
  ])("%s abandons it at once; it is repeated when the run resumes", async (_, at) => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await tab.ask({ type: "openData", train: { kind: "demo", split: "train" }, dev });
    let paused: Promise<unknown> = Promise.resolve();
    const pause = () => {
      paused = tab.ask({ type: "pauseRun" });
    };
    if (at === 0) tab.once(isEvaluating, pause);
    else tab.once(reportsStep(at), () => tab.once(isEvaluating, pause));
    await start(tab, steps);
    await paused;
    expect(lastRecord(tab)).toMatchObject({ status: "paused", step: at });
    const told = () => tab.events.flatMap((e) => (e.type === "evaluation" ? [e.evaluation] : []));
    expect(told().map(({ step }) => step)).toEqual([0, 4, 6].filter((step) => step < at));
    await tab.ask({ type: "resumeRun" });
    expect(told().map(({ step, n }) => [step, n])).toEqual([
      [0, 40],
      [4, 40],
      [6, 40],
    ]);
    expect(lastRecord(tab)).toMatchObject({ status: "finished", step: 6 });
  });
});

test("the best step of a run is the one with the lowest validation loss", async () => {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  await start(tab, { ...mezo, evalEvery: 1 });
  const told = tab.events.flatMap((e) => (e.type === "evaluation" ? [e.evaluation] : []));
  const trained = told.filter(({ step }) => step > 0);
  const lowest = trained.toSorted((a, b) => a.loss - b.loss)[0];
  expect(trained.length).toBe(6);
  expect(lastRecord(tab).best).toEqual(lowest);
});

describe("commands sent at once", () => {
  test("two starts: one run trains, the other is rejected", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    const [, failure] = await Promise.all([
      start(tab),
      tab.rejection({ type: "startRun", settings: lezo, name: "second" }),
    ]);
    expect(failure.message).toBe("A run is training. Pause it first.");
    expect(lastRecord(tab)).toMatchObject({ status: "finished", name: "a run" });
  });

  test("a prediction and a resume: the run trains on its own weights", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(3), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await start(tab);
    await paused;
    await Promise.all([
      tab.ask({ type: "predict", values: { text: "fine" } }),
      tab.ask({ type: "travelTo", step: 1 }),
      tab.ask({ type: "resumeRun" }),
    ]);
    expect(lastRecord(tab).weightsSha256).toBe(await endOf(mezo));
  });
});

describe("a prediction", () => {
  test("reports the probabilities of both labels before and after; before training they are equal", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await start(tab, { ...mezo, learningRate: 1e-2 });
    const values = { text: "a charming film" };
    const options = async () => {
      const events = await tab.ask({ type: "predict", values });
      const told = events.find((event) => event.type === "prediction");
      return told?.type === "prediction" ? told.prediction.options : [];
    };
    const tuned = await options();
    expect(tuned.map(({ label, word }) => [label, word])).toEqual([
      ["0", " terrible"],
      ["1", " great"],
    ]);
    for (const side of ["before", "after"] as const) {
      expect(tuned.reduce((sum, option) => sum + option[side], 0)).toBeCloseTo(1, 6);
    }
    expect(tuned[0]!.after).not.toBe(tuned[0]!.before);
    await tab.ask({ type: "travelTo", step: 0 });
    for (const { before, after } of await options()) expect(after).toBe(before);
  });

  test("of a text much longer than the model accepts is made from its end", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await start(tab, { ...mezo, steps: 1 });
    const text = "a very long and winding review of a film ".repeat(60);
    await tab.ask({ type: "predict", values: { text } });
    expect(tab.events.some(({ type }) => type === "prediction")).toBe(true);
  });
});

describe("the queue", () => {
  test("is kept after the session, trains its runs in order, and gives the weights of each run alone", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    await tab.ask({ type: "queueRun", settings: mezo, name: "first" });
    await tab.ask({ type: "queueRun", settings: sparse, name: "second" });
    await tab.ask({ type: "queueRun", settings: lezo, name: "third" });
    expect(statuses(tab)).toEqual({ first: "queued", second: "queued", third: "queued" });
    tab.kill();

    const next = browser.openTab();
    await next.ask({ type: "runQueue" });
    expect(statuses(next)).toEqual({ first: "finished", second: "finished", third: "finished" });
    const order = next.events.flatMap((event) => (event.type === "run" ? [event.run.record] : []));
    expect([...new Set(order.map(({ name }) => name))]).toEqual(["first", "second", "third"]);
    const shas = listed(next).map(({ record }) => record.weightsSha256);
    expect(shas.reverse()).toEqual(await Promise.all([mezo, sparse, lezo].map(endOf)));
  });

  test("ends after the current run when cancelled, and pauses with it when paused", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    for (const name of ["first", "second", "third"]) {
      await tab.ask({ type: "queueRun", settings: mezo, name });
    }
    let asked: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(2), () => {
      asked = tab.ask({ type: "cancel" });
    });
    await tab.ask({ type: "runQueue" });
    await asked;
    expect(statuses(tab)).toEqual({ first: "finished", second: "queued", third: "queued" });

    tab.once(reportsStep(2), () => {
      asked = tab.ask({ type: "pauseRun" });
    });
    await tab.ask({ type: "runQueue" });
    await asked;
    expect(statuses(tab)).toEqual({ first: "finished", second: "paused", third: "queued" });
    await tab.ask({ type: "resumeRun" });
    await tab.ask({ type: "runQueue" });
    expect(statuses(tab)).toEqual({ first: "finished", second: "finished", third: "finished" });
  });
});

describe("the probe of learning rates", () => {
  test("suggests a rate that lowered the loss, and leaves the base weights unchanged", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    const settings = { ...mezo, learningRate: 1e-4, batchSize: 2 };
    const events = await tab.ask({ type: "probeLearningRates", settings });
    const told = events.flatMap((event) => (event.type === "learningRates" ? [event.probe] : []));
    expect(told.map(({ isDone }) => isDone)).toEqual(told.map((_, i) => i === told.length - 1));
    const { points, lossBefore, suggested } = told.at(-1)!;
    expect(points.map(({ learningRate }) => learningRate)).toEqual([
      1e-6, 3.3e-6, 1e-5, 3.3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2,
    ]);
    const chosen = points.find(({ learningRate }) => learningRate === suggested);
    expect(chosen?.loss).toBeLessThan(lossBefore);
    // Rates that hardly move anything leave the loss where it was.
    expect(Math.abs(points[0]!.loss! - lossBefore)).toBeLessThan(0.01);
    await start(tab);
    expect(lastRecord(tab).weightsSha256).toBe(await endOf(mezo));
  });

  test("can be cancelled after any rate", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    let asked: Promise<unknown> = Promise.resolve();
    tab.once(
      (event) => event.type === "learningRates" && event.probe.points.length === 1,
      () => {
        asked = tab.ask({ type: "cancel" });
      },
    );
    await tab.ask({ type: "probeLearningRates", settings: { ...mezo, batchSize: 2 } });
    await asked;
    const last = tab.events.findLast((event) => event.type === "learningRates");
    expect(last?.type === "learningRates" && last.probe.points.length).toBeLessThan(4);
    expect(last?.type === "learningRates" && last.probe.isDone).toBe(true);
  });
});

test.each([
  // By the test's clock every look at it takes 300 ms: one step takes one, as does an evaluation.
  ["MeZO", mezo],
  ["MeZO-SVRG", { ...mezo, method: "mezo_svrg", svrgQ: 2, steps: 6 }],
])("the time of a run of %s is estimated before it starts", async (_, settings) => {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  const events = await tab.ask({ type: "estimateTime", settings });
  const event = events.find(({ type }) => type === "timeEstimate");
  if (event?.type !== "timeEstimate") throw new Error("Nothing was estimated.");
  const { seconds, secondsPerStep, evaluationSeconds, stepsTimed } = event.estimate;
  expect(stepsTimed).toBeGreaterThanOrEqual(Number(settings["steps"]) > 5 ? 4 : 3);
  expect(secondsPerStep).toBeCloseTo(0.3, 6);
  expect(seconds).toBeCloseTo(Number(settings["steps"]) * 0.3 + evaluationSeconds, 6);
  expect(evaluationSeconds).toBeGreaterThan(0);
  // The base weights are as before.
  await start(tab, mezo);
  expect(lastRecord(tab).weightsSha256).toBe(await endOf(mezo));
});

describe("stored runs", () => {
  test("have the name and note they were given, in every tab", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    await start(tab, { ...mezo, steps: 1 });
    const { id: runId } = lastRecord(tab);
    await tab.ask({ type: "renameRun", runId, name: "  lezo, small  " });
    await tab.ask({ type: "noteRun", runId, note: "a note\nof two lines" });
    const refused = await tab.rejection({ type: "renameRun", runId, name: " " });
    expect(refused.message).toBe("A run needs a name.");
    const other = browser.openTab();
    await other.ask({ type: "listRuns" });
    const expected = { name: "lezo, small", note: "a note\nof two lines" };
    expect(listed(other)[0]!.record).toMatchObject(expected);
    expect(listed(other)[0]!.isLockedElsewhere).toBe(true);
    expect(lastRecord(tab)).toMatchObject(expected);
  });

  test("of a tab that crashed are listed as interrupted", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    const other = browser.openTab();
    await new Promise<void>((resolve) => {
      tab.once(reportsStep(3), resolve);
      void start(tab);
    });
    await other.ask({ type: "listRuns" });
    expect(statuses(other)).toEqual({ "a run": "running" });
    tab.kill();
    await other.ask({ type: "listRuns" });
    expect(statuses(other)).toEqual({ "a run": "interrupted" });
    await other.ask({ type: "viewRun", runId: lastRecord(tab).id });
    expect(lastRecord(other).status).toBe("interrupted");
    expect(reportedSteps(other).length).toBe(lastRecord(other).step);
  });

  test("free their storage when they are deleted, and the base model with its last run", async () => {
    const store = memoryStore();
    const browser = createBrowser({ gpu, rows, store });
    const tab = await openReadyTab(browser);
    await start(tab, { ...mezo, steps: 2 });
    const first = lastRecord(tab).id;
    await start(tab, { ...sparse, steps: 2 });
    const second = lastRecord(tab).id;
    expect((await freedBy(tab, first)) > 0).toBe(true);
    expect(await keysOf(store)).not.toContain(first);
    expect(listed(tab).map(({ record }) => record.id)).toEqual([second]);
    // The open run itself: the model stays open, and trains again.
    await freedBy(tab, second);
    await start(tab, { ...mezo, steps: 2 });
    const last = lastRecord(tab).id;
    tab.kill();

    const other = browser.openTab();
    await freedBy(other, last);
    expect(await keysOf(store)).toBe("");
  });

  async function freedBy(tab: Tab, runId: string): Promise<number> {
    const events = await tab.ask({ type: "deleteRun", runId });
    const deleted = events.find((event) => event.type === "deleted");
    return deleted?.type === "deleted" ? deleted.freedBytes : 0;
  }

  async function keysOf(store: Store): Promise<string> {
    return (await Promise.all(tableNames.map((table) => store.keys(table)))).flat().join(" ");
  }
});

test("a command that needs something open says what is missing", async () => {
  const tab = createBrowser({ gpu, rows }).openTab();
  const messageOf = async (command: CommandBody) => (await tab.rejection(command)).message;
  const none = "No model is open. Open one first.";
  expect(await messageOf({ type: "startRun", settings: mezo, name: "a" })).toBe(none);
  expect(await messageOf({ type: "openData", train: { kind: "demo", split: "train" } })).toBe(none);
  for (const type of ["pauseRun", "resumeRun", "stopRun", "exportModel"] as const) {
    expect(await messageOf({ type })).toBe("No run is open on the GPU.");
  }
  expect(await messageOf({ type: "openRun", runId: "gone" })).toContain("gone");
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  expect(await messageOf({ type: "startRun", settings: mezo, name: "a" })).toBe(
    "No data is open. Open some first.",
  );
});

test("a browser without WebGPU still lists and shows its runs", async () => {
  const browser = createBrowser({ gpu, rows });
  const tab = await openReadyTab(browser);
  await start(tab, { ...mezo, steps: 2 });
  expect(await exportedSha(tab)).toBe(lastRecord(tab).weightsSha256);
  const other = browser.openTab({ gpu: undefined });
  await other.ask({ type: "checkDevice" });
  const device = other.events.find((event) => event.type === "device");
  expect(device?.type === "device" && device.device.failure?.code).toBe("E-GPU-1");
  expect(statuses(other)).toEqual({ "a run": "finished" });
  await other.ask({ type: "viewRun", runId: lastRecord(tab).id });
  expect(reportedSteps(other).length).toBe(2);
});
