import { describe, expect, test } from "vitest";
import type { RunRecord } from "#run/store/records.ts";
import type { SettingValues } from "#zo/settings.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  openDemo,
  openReadyTab,
  reportedSteps,
  reportsStep,
  type Tab,
  type TestBrowser,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const common = { steps: 8, batchSize: 4, learningRate: 1e-3, seed: 42, evalEvery: 4 };

/** Every way a run's steps can differ in kind; each has to survive the same interruptions. */
const recipes: Readonly<Record<string, SettingValues>> = {
  MeZO: { method: "mezo" },
  "MeZO with three directions, clipping, weight decay and a rate falling along a line": {
    method: "mezo",
    directions: 3,
    gradientClip: 0.5,
    weightDecay: 0.01,
    learningRateSchedule: "linear",
  },
  "MeZO on the last block with a rate falling along a cosine": {
    method: "mezo",
    trainable: "last",
    trainableBlocks: 1,
    learningRateSchedule: "cosine",
  },
  "Sparse-MeZO": { method: "sparse_mezo", sparsity: 0.75 },
  "Sparse-MeZO on parameters by name": {
    method: "sparse_mezo",
    trainable: "named",
    trainablePattern: "*.q_proj.*, *.fc1.*, *.embed_positions.*",
  },
  "LeZO with frozen embeddings": { method: "lezo", embedPolicy: "frozen" },
  "LeZO with sparsity, embeddings drawn like a block, and noise of ±1": {
    method: "lezo",
    embedPolicy: "sampled",
    sparsity: 0.5,
    noise: "rademacher",
  },
  "MeZO with weights as f16, two directions and weight decay": {
    method: "mezo",
    dtype: "f16",
    directions: 2,
    weightDecay: 0.01,
  },
  "LeZO with sparsity and weights as f16": { method: "lezo", sparsity: 0.5, dtype: "f16" },
  "MeZO-SVRG with weights as f16": {
    method: "mezo_svrg",
    svrgQ: 4,
    anchorLearningRate: 1e-3,
    dtype: "f16",
    snapshot: "copy",
  },
  "MeZO-SVRG": { method: "mezo_svrg", svrgQ: 4, anchorLearningRate: 1e-3 },
  "MeZO-SVRG with a copy as its snapshot, and weight decay": {
    method: "mezo_svrg",
    svrgQ: 4,
    anchorLearningRate: 1e-3,
    snapshot: "copy",
    weightDecay: 0.01,
  },
  "MeZO-SVRG with annealed rates": {
    method: "mezo_svrg",
    svrgQ: 3,
    anchorLearningRate: 1e-2,
    learningRate: 1e-2,
    annealFactor: 3,
    annealThreshold: 1,
    steps: 17,
    anchorRows: 4,
  },
};

/** Two batches make an epoch, so that the annealed run passes five epochs soon. */
const rows = 8;

async function start(tab: Tab, settings: SettingValues): Promise<void> {
  await tab.ask({ type: "startRun", settings: { ...common, ...settings }, name: "a run" });
}

function finalSha(tab: Tab): string {
  const { status, weightsSha256 } = lastRecord(tab);
  expect(status).toBe("finished");
  return weightsSha256 ?? "none";
}

async function forgetSnapshots({ store }: TestBrowser, { id }: RunRecord): Promise<void> {
  const keys = await store.keys("manifests", `${id}/`);
  expect(keys.length).toBeGreaterThan(0);
  await store.transact(keys.map((key) => ({ type: "delete", table: "manifests", key })));
}

describe.each(Object.entries(recipes))("%s", (_, settings) => {
  let end: Promise<string> | undefined;
  /** Hash of the last weights of an undisturbed run; computed once, by the test that needs it first. */
  const undisturbed = () => {
    end ??= openReadyTab(createBrowser({ gpu, rows })).then(async (tab) => {
      await start(tab, settings);
      return finalSha(tab);
    });
    return end;
  };

  test("gives the same weights for the same seed", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    // A faster clock lets more steps be handed over at a time.
    browser.clock.tickMs = 0;
    await start(tab, settings);
    expect(finalSha(tab)).toBe(await undisturbed());
    expect(finalSha(tab)).not.toBe(lastRecord(tab).modelId);
    const losses = reportedSteps(tab).map(({ loss }) => loss);
    expect(losses.length).toBe({ ...common, ...settings }.steps);
    for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
  });

  test("gives them after a pause with a prediction", async () => {
    const tab = await openReadyTab(createBrowser({ gpu, rows }));
    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(3), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await start(tab, settings);
    await paused;
    expect(lastRecord(tab).status).toBe("paused");
    expect(lastRecord(tab).step).toBeLessThan(8);
    const before = await exportedSha(tab);
    await tab.ask({ type: "predict", values: { text: "a fine and charming film" } });
    expect(await exportedSha(tab)).toBe(before);
    await tab.ask({ type: "resumeRun" });
    expect(finalSha(tab)).toBe(await undisturbed());
  });

  test("gives them after the tab crashed, and from base model and journal alone", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    const crashed = new Promise<void>((resolve) => {
      tab.once(reportsStep(5), () => {
        tab.kill();
        resolve();
      });
    });
    void start(tab, settings);
    await crashed;
    const runId = lastRecord(tab).id;

    const next = browser.openTab();
    await next.ask({ type: "openRun", runId });
    expect(lastRecord(next).status).toBe("interrupted");
    expect(lastRecord(next).step).toBeLessThan(5);
    await next.ask({ type: "resumeRun" });
    expect(finalSha(next)).toBe(await undisturbed());
    next.kill();

    await forgetSnapshots(browser, lastRecord(next));
    const last = browser.openTab();
    await last.ask({ type: "openRun", runId });
    expect(await exportedSha(last)).toBe(await undisturbed());
  });
});

describe.each([
  ["MeZO", recipes["MeZO"]!],
  // One anchor at the very beginning, so that all steps since are taken back on the fly.
  ["MeZO-SVRG", { ...recipes["MeZO-SVRG"]!, svrgQ: 16 }],
  ["MeZO-SVRG with a copy", recipes["MeZO-SVRG with a copy as its snapshot, and weight decay"]!],
] as const)("a run of %s gone back in", (_, settings) => {
  test("has the weights of a run of that many steps, and resumes to the same end", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await openReadyTab(browser);
    await start(tab, { ...settings, steps: 4 });
    const early = finalSha(tab);
    await start(tab, settings);
    const end = finalSha(tab);

    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(6), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await start(tab, settings);
    await paused;
    const events = await tab.ask({ type: "travelTo", step: 4 });
    expect(events.map(({ type }) => type)).toContain("travelled");
    expect(await exportedSha(tab)).toBe(early);
    await tab.ask({ type: "predict", values: { text: "dull" } });
    expect(await exportedSha(tab)).toBe(early);
    await tab.ask({ type: "travelTo", step: 0 });
    expect(await exportedSha(tab)).toBe(lastRecord(tab).modelId);
    // Evaluated after step 4 alone so far, which is the best then; and from there to the last again.
    expect(lastRecord(tab).best?.step).toBe(4);
    expect(await exportedSha(tab, "best")).toBe(early);
    await tab.ask({ type: "travelTo", step: null });
    const last = await exportedSha(tab);
    await tab.ask({ type: "travelTo", step: 2 });
    expect(await exportedSha(tab, "last")).toBe(last);
    await tab.ask({ type: "resumeRun" });
    expect(finalSha(tab)).toBe(end);
    const refused = await tab.rejection({ type: "travelTo", step: 9 });
    expect(refused.message).toContain("Step 9 was never reached; the run has 8 steps.");
  });
});

test("annealing lowered the rates of the annealed run", async () => {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  await start(tab, recipes["MeZO-SVRG with annealed rates"]!);
  const rates = reportedSteps(tab).map(({ learningRate }) => learningRate);
  expect(rates[0]).toBe(1e-2);
  expect(Math.min(...rates)).toBeLessThan(1e-2);
});

test("runs after one another begin from the base weights, not from each other's", async () => {
  const browser = createBrowser({ gpu, rows });
  const tab = await openReadyTab(browser);
  await start(tab, { ...recipes["LeZO with frozen embeddings"]!, steps: 3 });
  const first = finalSha(tab);
  await start(tab, { method: "mezo", steps: 3 });
  await start(tab, { ...recipes["LeZO with frozen embeddings"]!, steps: 3 });
  expect(finalSha(tab)).toBe(first);
  await openDemo(tab);
  await start(tab, { ...recipes["LeZO with frozen embeddings"]!, steps: 3 });
  expect(finalSha(tab)).toBe(first);
});

test("a run that was stopped early reports no time left", async () => {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  const told = () =>
    tab.events.flatMap((event) => (event.type === "run" ? [event.run.etaSeconds] : []));
  let stopped: Promise<unknown> = Promise.resolve();
  tab.once(reportsStep(40), () => {
    stopped = tab.ask({ type: "stopRun" });
  });
  const settings = { ...common, method: "mezo", steps: 4000, evalEvery: 4000 };
  await tab.ask({ type: "startRun", settings, name: "long" });
  await stopped;
  expect(lastRecord(tab)).toMatchObject({ status: "finished" });
  expect(lastRecord(tab).step).toBeLessThan(4000);
  expect(told().some((seconds) => seconds !== null)).toBe(true);
  expect(told().at(-1)).toBeNull();
});
