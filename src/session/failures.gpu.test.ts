import { describe, expect, test } from "vitest";
import { StorageFull } from "#base/errors.ts";
import { faultStore } from "#storage/faultStore.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { SettingValues } from "#zo/settings.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  notices,
  openReadyTab,
  reportedSteps,
  reportsStep,
  type Tab,
} from "./testing/browser.ts";
import { losableGpu, oneDeviceGpu } from "./testing/gpus.ts";
import { limitedStore } from "./testing/limitedStore.ts";

const gpu = oneDeviceGpu();
const rows = 8;
/** Every call of the store once would take a minute; odd, so that both kinds of fault take turns. */
const FAULTS_APART = 5;
const mezo = {
  method: "mezo",
  steps: 12,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 6,
};
const svrg = { ...mezo, method: "mezo_svrg", svrgQ: 4, anchorLearningRate: 1e-3 };

function start(tab: Tab, settings: SettingValues = mezo) {
  return tab.ask({ type: "startRun", settings, name: "a run" });
}

/** The weights a run ends with where nothing goes wrong; each kind is trained once. */
const ends = new Map<SettingValues, Promise<string | undefined>>();
function undisturbed(settings: SettingValues): Promise<string | undefined> {
  const known = ends.get(settings);
  const sha = known ?? train(settings);
  ends.set(settings, sha);
  return sha;
}

async function train(settings: SettingValues): Promise<string | undefined> {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  await start(tab, settings);
  return lastRecord(tab).weightsSha256;
}

describe("a run whose GPU is lost", () => {
  test.each([
    ["MeZO", mezo],
    ["MeZO-SVRG", svrg],
  ])("recovers by itself and ends with the same weights: %s", async (_, settings) => {
    const lost = losableGpu();
    const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows }));
    tab.once(reportsStep(4), lost.loseDevice);
    await start(tab, settings);
    expect(lost.devicesGiven).toBe(2);
    const { status, weightsSha256 } = lastRecord(tab);
    expect([status, weightsSha256]).toEqual(["finished", await undisturbed(settings)]);
    expect(reportedSteps(tab).map(({ step }) => step)).toEqual(
      Array.from({ length: 12 }, (__, i) => i + 1),
    );
    expect(notices(tab)).toEqual([expect.objectContaining({ code: "E-GPU-6", kind: "recovered" })]);
    const evaluated = tab.events.flatMap((e) =>
      e.type === "evaluation" ? [e.evaluation.step] : [],
    );
    expect(new Set(evaluated)).toEqual(new Set([0, 6, 12]));
  });

  test("is paused if it is lost again within two minutes, and can be resumed later", async () => {
    const lost = losableGpu(2);
    const browser = createBrowser({ gpu: lost.gpu, rows });
    const tab = await openReadyTab(browser);
    tab.once(reportsStep(3), () => {
      lost.loseDevice();
      tab.once(reportsStep(6), lost.loseDevice);
    });
    const failure = await tab.rejection({ type: "startRun", settings: mezo, name: "a run" });
    expect(failure.code).toBe("E-GPU-7");
    const { status, step, failure: kept } = lastRecord(tab);
    expect([status, kept?.code]).toEqual(["paused", "E-GPU-7"]);
    expect(failure.message).toContain(`Your run is saved up to step ${step}.`);
    expect(reportedSteps(tab).length).toBe(step);

    browser.clock.advance(120_000);
    await tab.ask({ type: "resumeRun" });
    expect(lost.devicesGiven).toBe(3);
    expect(lastRecord(tab).weightsSha256).toBe(await undisturbed(mezo));
  });

  test("is paused with a message if no GPU is available any more", async () => {
    const lost = losableGpu();
    const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows }));
    tab.once(reportsStep(3), () => {
      lost.loseDevice();
      lost.gpu.requestAdapter = async () => null;
    });
    const failure = await tab.rejection({ type: "startRun", settings: mezo, name: "a run" });
    expect(failure.code).toBe("E-GPU-2");
    expect(lastRecord(tab).status).toBe("paused");
  });

  test("continues with the steps that were not saved before the loss", async () => {
    const lost = losableGpu();
    const store = limitedStore();
    const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows, store }));
    tab.once(reportsStep(3), () => {
      store.isFull = true;
      tab.once(reportsStep(6), () => {
        store.isFull = false;
        lost.loseDevice();
      });
    });
    await start(tab);
    expect(lastRecord(tab).weightsSha256).toBe(await undisturbed(mezo));
    const trained = tab.events.flatMap((event) => (event.type === "steps" ? event.steps : []));
    expect(trained.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const passes = reportedSteps(tab).map(({ forwardPasses }) => forwardPasses);
    expect(passes).toEqual(passes.map((_, i) => 2 * i + 2));
    expect(lastRecord(tab).tokens).toBe(reportedSteps(tab).at(-1)!.tokens);
  });
});

test("a run whose GPU rejects work stops with a message, and continues correctly on a new device", async () => {
  const lost = losableGpu();
  const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows }));
  tab.once(reportsStep(4), lost.refuseWork);
  const failure = await tab.rejection({ type: "startRun", settings: mezo, name: "a run" });
  expect(failure.message).toMatch(/^The GPU rejected part of its work \(Buffer size .* exceeds/);
  expect([failure.code, lastRecord(tab).status]).toEqual(["E-GPU-8", "failed"]);
  await tab.ask({ type: "resumeRun" });
  expect([lost.devicesGiven, lastRecord(tab).status]).toEqual([2, "finished"]);
  expect(lastRecord(tab).weightsSha256).toBe(await undisturbed(mezo));
});

test("a GPU that is lost while nothing trains is replaced at the next command, with the same weights", async () => {
  const settings = { ...mezo, steps: 4, evalEvery: 2 };
  const end = await undisturbed(settings);
  const early = await undisturbed({ ...settings, steps: 2 });
  const lost = losableGpu(4);
  const tab = await openReadyTab(createBrowser({ gpu: lost.gpu, rows }));
  lost.loseDevice();
  let paused: Promise<unknown> = Promise.resolve();
  tab.once(reportsStep(2), () => {
    paused = tab.ask({ type: "pauseRun" });
  });
  await start(tab, settings);
  await paused;
  await tab.ask({ type: "travelTo", step: 2 });
  lost.loseDevice();
  expect(await exportedSha(tab)).toBe(early);
  lost.loseDevice();
  await tab.ask({ type: "resumeRun" });
  expect(lastRecord(tab).weightsSha256).toBe(end);
  lost.loseDevice();
  await tab.ask({ type: "predict", values: { text: "fine" } });
  expect(await exportedSha(tab)).toBe(end);
  expect(lost.devicesGiven).toBe(5);
  const told = notices(tab).map(({ code, kind }) => `${code} ${kind}`);
  expect(told).toEqual(Array(4).fill("E-GPU-6 recovered"));
});

describe("a loss that diverges", () => {
  // At this rate the fixture's loss passes three times its beginning within the first stretches.
  const hot = { ...mezo, steps: 120, learningRate: 0.3, evalEvery: 120 };

  test("is reported with the name of the run, which ends as diverged", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await start(tab, hot);
    expect(notices(tab).map(({ code }) => code)).toEqual(["E-TRAIN-2", "E-TRAIN-2"]);
    expect(notices(tab)[0]!.message).toMatch(/^"a run" diverges: its loss rose from 0\.\d+ to /);
    const { status, step, divergence, failure, best } = lastRecord(tab);
    expect({ status, step, code: failure?.code }).toEqual({
      status: "diverged",
      step: 120,
      code: "E-TRAIN-2",
    });
    expect(divergence!.step).toBeLessThanOrEqual(15);
    expect(best!.step).toBe(0);
  });

  test("pauses the run if its settings ask for it; the run can be resumed", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    await start(tab, { ...hot, pauseOnBlowUp: true });
    const { status, step, failure } = lastRecord(tab);
    expect([status, failure?.code]).toEqual(["paused", "E-TRAIN-2"]);
    expect(step).toBeLessThan(120);
    await tab.ask({ type: "resumeRun" });
    expect(lastRecord(tab)).toMatchObject({ status: "diverged", step: 120 });
    expect(notices(tab).length).toBe(2);
  });
});

test("a store that fails once, anywhere, stops no run", async () => {
  const settings = { ...mezo, steps: 3, evalEvery: 2 };
  const end = await undisturbed(settings);
  const counted = faultStore(memoryStore(), { at: 0, forEver: false, error: new Error("never") });
  await start(await openReadyTab(createBrowser({ gpu, rows, store: counted })), settings);
  expect(counted.calls()).toBeGreaterThan(20);
  for (let at = 1; at <= counted.calls(); at += FAULTS_APART) {
    const whole = memoryStore();
    const error = new StorageFull("Storage is full.");
    const writes = at % 2 === 0 ? ("kept" as const) : ("lost" as const);
    const store = faultStore(whole, { at, forEver: false, error, writes });
    const tab = await openReadyTab(createBrowser({ gpu, rows, store }));
    const refused = await start(tab, settings).then(
      () => null,
      (failure: Error) => failure.message,
    );
    if (refused === null)
      expect(lastRecord(tab), `fault ${at}`).toMatchObject({ weightsSha256: end });
    else expect(refused, `fault ${at}`).toMatch(/^startRun: E-STORE-[12] Storage /);

    const next = createBrowser({ gpu, rows, store: whole }).openTab();
    await next.ask({ type: "listRuns" });
    for (const runId of await whole.keys("runs")) {
      await next.ask({ type: "openRun", runId });
      await next.ask({ type: "resumeRun" });
      expect(lastRecord(next).weightsSha256, `fault ${at}`).toBe(end);
    }
  }
});

describe("a loss that is not finite", () => {
  // The longest of the eight rows, alone in reaching row 31 of the table of positions, is in the last
  // batch of both first epochs under this seed.
  const options = { gpu, rows, hugeFrom: 31 };
  const shape = { seed: 5, batchSize: 2, steps: 10, evalEvery: 10 };

  test.each([
    ["MeZO", { ...mezo, ...shape }],
    ["MeZO-SVRG", { ...svrg, ...shape, svrgQ: 16, anchorRows: 2 }],
  ])(
    "stops a run of %s without changing its weights; the run can be resumed",
    async (_, settings) => {
      const browser = createBrowser(options);
      const tab = await openReadyTab(browser);
      await start(tab, settings);
      expect(lastRecord(tab)).toMatchObject({ status: "diverged", step: 4 });
      expect(reportedSteps(tab).map(({ notFinite }) => notFinite)).toEqual([
        undefined,
        undefined,
        undefined,
        true,
      ]);
      expect(notices(tab)).toMatchObject([{ code: "E-TRAIN-1", kind: "problem" }]);
      expect(notices(tab)[0]!.message).toContain(
        '"a run" diverged: its loss is not a number at step 4.',
      );
      const after = await exportedSha(tab);
      await tab.ask({ type: "travelTo", step: 3 });
      expect(await exportedSha(tab)).toBe(after);

      await tab.ask({ type: "resumeRun" });
      expect(lastRecord(tab)).toMatchObject({ status: "diverged", step: 8 });
      tab.kill();
      const next = browser.openTab();
      await next.ask({ type: "openRun", runId: lastRecord(tab).id });
      expect(lastRecord(next)).toMatchObject({ status: "diverged", step: 8 });
      expect(lastRecord(next).failure?.code).toBe("E-TRAIN-1");
      await next.ask({ type: "resumeRun" });
      expect(lastRecord(next)).toMatchObject({ status: "finished", step: 10 });
      expect(lastRecord(next).failure).toBeUndefined();

      const other = await openReadyTab(createBrowser({ ...options }));
      await start(other, settings);
      await other.ask({ type: "resumeRun" });
      await other.ask({ type: "resumeRun" });
      expect(lastRecord(other).weightsSha256).toBe(lastRecord(next).weightsSha256);
    },
  );
});

describe("a run that is open in another tab", () => {
  test("can be viewed, not trained or deleted; the run that is open here stays open", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    await start(tab, { ...mezo, steps: 3 });
    const runId = lastRecord(tab).id;

    const other = await openReadyTab(browser);
    await start(other, { ...mezo, steps: 2 });
    const own = lastRecord(other).weightsSha256;
    const refused = await other.rejection({ type: "openRun", runId });
    expect(refused.code).toBe("E-TAB-3");
    expect(await other.rejection({ type: "deleteRun", runId })).toMatchObject({ code: "E-TAB-3" });
    await other.ask({ type: "viewRun", runId });
    expect(reportedSteps(other).length).toBe(3);
    expect(await exportedSha(other)).toBe(own);

    tab.kill();
    await other.ask({ type: "openRun", runId });
    expect(lastRecord(other).id).toBe(runId);
  });
});

describe("a run that is viewed from another tab", () => {
  test("is followed step by step from the tab that trains it, without reading the store", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    const openStore = () => Promise.reject(new Error("Nobody reads the store here."));
    const other = browser.openTab({ openStore });
    const follow = () => {
      const after = reportedSteps(other).length;
      const { id: runId } = lastRecord(tab);
      return other.ask({ type: "followRun", runId, after, wasHeld: true });
    };
    let midway: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(2), () => {
      midway = follow().then(() => {
        const known = reportedSteps(other);
        expect(known.length).toBeGreaterThanOrEqual(2);
        expect(known).toEqual(reportedSteps(tab).slice(0, known.length));
      });
    });
    await start(tab);
    await midway;
    const told = await follow();
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(["steps", "evaluation"]));
    expect(reportedSteps(other)).toEqual(reportedSteps(tab));
    expect(lastRecord(other)).toEqual(lastRecord(tab));
  });

  test("is read from the store once the other tab is closed, and can then be opened", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    const other = browser.openTab();
    await new Promise<void>((resolve) => {
      tab.once(reportsStep(3), resolve);
      void start(tab, { ...mezo, steps: 6 });
    });
    const runId = lastRecord(tab).id;
    const ask = (wasHeld: boolean) => other.ask({ type: "followRun", runId, after: 0, wasHeld });
    // Taken by that tab since this one looked last.
    expect((await ask(false)).map(({ type }) => type)).toContain("runs");
    tab.kill();
    const told = await ask(true);
    expect(told.map(({ type }) => type)).toEqual(["runs", "history", "run", "done"]);
    expect(lastRecord(other).status).toBe("interrupted");
    expect((await ask(false)).map(({ type }) => type)).toEqual(["done"]);
  });
});
