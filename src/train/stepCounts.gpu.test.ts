import { beforeAll, describe, expect, test } from "vitest";
import { type Counts, countCalls } from "#gpu/counts.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { nodeGpu } from "../entry/node/gpu.ts";
import { type FixtureRun, openFixtureRun, weightsOf } from "./testing/fixtureRun.ts";

// Two anchors of a snapshot kept for 8 steps, and what lies between.
const steps = 20;
const atOnce = 5;

let device: Device;
let counts: Counts;
beforeAll(async () => {
  device = await openDevice(nodeGpu());
  counts = countCalls(device.device);
});

/** Steps as training takes them: handed over in groups, each read back once. */
async function take({ stepper }: FixtureRun, count: number): Promise<{ readonly looks: number }> {
  const until = stepper.nextStep + count;
  let looks = 0;
  while (stepper.nextStep < until) {
    if (stepper.isNextLong) {
      await stepper.enqueueLong({ onPart: () => {}, isPauseWanted: () => false });
    }
    for (let i = 0; i < atOnce && stepper.nextStep < until && !stepper.isNextLong; i++) {
      stepper.enqueue();
    }
    await stepper.collect();
    looks++;
  }
  return { looks };
}

describe.each([
  ["MeZO", { method: "mezo" }, 1],
  ["Sparse-MeZO", { method: "sparse_mezo", sparsity: 0.5 }, 1],
  ["LeZO", { method: "lezo", lezoSparsity: 0.5 }, 1],
  ["MeZO-SVRG with deltas", { method: "mezo_svrg", svrgQ: 8, snapshot: "deltas" }, 2],
  ["MeZO-SVRG with a copy", { method: "mezo_svrg", svrgQ: 8, snapshot: "copy" }, 2],
] as const)("steps of %s", (_, settings, submitsPerStep) => {
  test("create nothing, submit once a pass, and map once for each group read back", async () => {
    const run = await openFixtureRun(
      device,
      { ...settings, batchSize: 4, steps: 1000 },
      { rows: 8 },
    );
    // Every kind of step once, so that all sites are bound and staging is as long as it gets.
    await take(run, 10);
    const before = { ...counts };
    const { looks } = await take(run, steps);
    const since = (name: keyof Counts) => counts[name] - before[name];
    expect([since("buffers"), since("bindGroups"), since("pipelines")]).toEqual([0, 0, 0]);
    // No step of these is timed, and no group lies across the end of the ring.
    expect(since("mapAsyncs")).toBe(looks);
    const anchors = submitsPerStep === 2 ? Math.ceil(steps / 8) : 0;
    // An anchor looks at 4 rows in parts of at most 2, and may copy and update the weights.
    expect(since("submits")).toBeLessThanOrEqual(
      submitsPerStep * steps + 4 * anchors + since("mapAsyncs"),
    );
    expect(since("submits")).toBeGreaterThanOrEqual(steps);
    run.model.destroy();
    run.loaded.destroy();
  });
});

describe("a step that is timed", () => {
  test("gives the same bits as one that is not, and tells where its time went", async () => {
    const given = { method: "mezo", batchSize: 2, learningRate: 1e-3 };
    const weights = [];
    for (const isTimed of [true, false]) {
      const run = await openFixtureRun(device, given, { rows: 4 });
      if (!isTimed) run.model.clock.begin = () => false;
      await take(run, 10);
      run.stepper.flush();
      weights.push(await weightsOf(run.loaded));
      const { timing } = run.stepper;
      if (isTimed && device.device.features.has("timestamp-query")) {
        expect(timing?.step).toBe(6);
        // Dawn for Node rounds its clock to 65 µs; a product of this model takes longer.
        expect(timing?.parts.products).toBeGreaterThan(0);
      } else expect(timing).toBeNull();
      run.model.destroy();
      run.loaded.destroy();
    }
    expect(weights[0]).toEqual(weights[1]);
  });
});

describe("a step that is cut into many submits", () => {
  test.each([
    ["MeZO", { method: "mezo", weightDecay: 0.1 }],
    ["MeZO-SVRG", { method: "mezo_svrg", svrgQ: 2 }],
  ])("gives the same bits as one that is not, with %s", async (_, settings) => {
    const given = { ...settings, batchSize: 2, learningRate: 1e-3 };
    const results = [];
    for (const most of [Number.POSITIVE_INFINITY, 7, 1]) {
      const run = await openFixtureRun(device, given, { rows: 4 });
      run.model.dispatchesPerSubmit = most;
      const before = counts.submits;
      await take(run, 4);
      run.stepper.flush();
      const submits = counts.submits - before;
      results.push({ submits, weights: await weightsOf(run.loaded) });
      run.model.destroy();
      run.loaded.destroy();
    }
    const [whole, cut, single] = results;
    expect(cut!.submits).toBeGreaterThan(2 * whole!.submits);
    expect(single!.submits).toBeGreaterThan(4 * cut!.submits);
    expect(cut!.weights).toEqual(whole!.weights);
    expect(single!.weights).toEqual(whole!.weights);
  });
});
