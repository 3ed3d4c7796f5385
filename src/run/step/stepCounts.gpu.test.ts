import { beforeAll, describe, expect, test } from "vitest";
import { sizeOfAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { nodeGpu, readShaders } from "#entry/node/gpu.ts";
import { type Counts, countCalls } from "#gpu/counts.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { Model } from "#model/model.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { randomWeights, tensorsOf } from "#model/testing/randomWeights.ts";
import { allocateWeights } from "#model/weights.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { keepingPipelines, without } from "#session/testing/gpus.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { type FixtureRun, openFixtureRun, weightsOf } from "../testing/fixtureRun.ts";
import { Stepper } from "./stepper.ts";
import { type TrainerHooks, train } from "./trainer.ts";

const steps = 100;
const atOnce = 5;
/** Steps between anchors. */
const svrgQ = 8;

let device: Device;
let counts: Counts;
beforeAll(async () => {
  device = await openDevice(keepingPipelines(nodeGpu()));
  counts = countCalls(device.device);
});

/** A narrow model with two blocks and a few short examples: only calls are counted. */
async function openNarrowRun(given: Readonly<Record<string, unknown>>) {
  const settings = resolveSettings({ ...given, batchSize: 4, steps: 1000 });
  const sizes = { hidden_size: 4, num_attention_heads: 1, ffn_dim: 8, vocab_size: 16 };
  const config = oddConfig({ ...sizes, max_position_embeddings: 8 });
  const examples = Array.from({ length: 8 }, (_, row): EncodedExample => {
    const option = (word: number) => ({ ids: [2, 3 + row, word], optionLength: 1 });
    return { row, answer: row % 2, options: [option(12), option(13)] };
  });
  const weights = allocateWeights(device, config);
  await weights.load(tensorsOf(config, randomWeights(config)));
  const model = await Model.create({
    device,
    sources: readShaders(),
    weights,
    noise: "binomial" as const,
    linear: defaultChoice(device.info),
    capacity: sizeOfAll(examples.slice(0, 4)),
  });
  await prepareMasks(model, settings);
  const stepper = new Stepper(model, settings, examples, []);
  return { stepper, model, weights };
}

/** Takes steps as training does: in groups, each read back once. */
async function take(
  { stepper }: Pick<FixtureRun, "stepper">,
  count: number,
): Promise<{ readonly reads: number }> {
  const until = stepper.nextStep + count;
  let reads = 0;
  while (stepper.nextStep < until) {
    if (stepper.isNextLong) await stepper.enqueueNext();
    for (let i = 0; i < atOnce && stepper.nextStep < until && !stepper.isNextLong; i++) {
      stepper.enqueue();
    }
    await stepper.collect();
    reads++;
  }
  return { reads };
}

describe.each([
  ["MeZO", { method: "mezo" }, 1],
  ["Sparse-MeZO", { method: "sparse_mezo", sparsity: 0.5 }, 1],
  ["LeZO", { method: "lezo", lezoSparsity: 0.5 }, 1],
  ["MeZO-SVRG with deltas", { method: "mezo_svrg", svrgQ, snapshot: "deltas" }, 2],
  ["MeZO-SVRG with a copy", { method: "mezo_svrg", svrgQ, snapshot: "copy" }, 2],
] as const)("a hundred steps of %s", (_, settings, submitsPerStep) => {
  test("create no GPU objects, submit once per pass and map once per read-back", async () => {
    const run = await openNarrowRun(settings);
    // Every kind of step once: all kernels are then bound, and the staging buffer has its final size.
    await take(run, 10);
    // As training does once it knows that a step takes a few milliseconds.
    run.stepper.limitSubmitTime(100, 5);
    const before = { ...counts };
    const { reads } = await take(run, steps);
    const since = (name: keyof Counts) => counts[name] - before[name];
    expect([since("buffers"), since("bindGroups"), since("pipelines")]).toEqual([0, 0, 0]);
    // Steps 56 and 106 are timed, and their times read. No group wraps around the end of the ring.
    const timed = device.device.features.has("timestamp-query") ? 2 : 0;
    expect(since("mapAsyncs")).toBe(reads + timed);
    const anchors = submitsPerStep === 2 ? Math.ceil(steps / svrgQ) : 0;
    // An anchor evaluates 8 examples in parts of at most 4, and may copy and update the weights.
    expect(since("submits")).toBeLessThanOrEqual(
      submitsPerStep * steps + 4 * anchors + since("mapAsyncs") + timed,
    );
    expect(since("submits")).toBeGreaterThanOrEqual(steps);
    run.model.destroy();
    run.weights.destroy();
  });
});

describe("a timed step", () => {
  test("has the same bits as an untimed one, and reports the time of its parts", async () => {
    const given = { method: "mezo", batchSize: 2, learningRate: 1e-3 };
    const weights = [];
    for (const isTimed of [true, false]) {
      const run = await openFixtureRun(device, given, { rows: 4 });
      if (!isTimed) run.model.clock.begin = () => false;
      await take(run, 10);
      run.stepper.flush();
      weights.push(await weightsOf(run.weights));
      const { timing } = run.stepper;
      if (isTimed && device.device.features.has("timestamp-query")) {
        expect(timing?.step).toBe(6);
        // Dawn for Node rounds its clock to 65 µs; a product of this model takes longer.
        expect(timing?.parts.products).toBeGreaterThan(0);
      } else expect(timing).toBeNull();
      run.model.destroy();
      run.weights.destroy();
    }
    expect(weights[0]).toEqual(weights[1]);
  });
});

describe("on a GPU without a clock", () => {
  let clockless: Device;
  let calls: Counts;
  beforeAll(async () => {
    clockless = await openDevice(keepingPipelines(without("timestamp-query", nodeGpu())));
    calls = countCalls(clockless.device);
  });

  test.each([
    ["MeZO", { method: "mezo", weightDecay: 0.1 }],
    ["MeZO over weights as f16", { method: "mezo", dtype: "f16" }],
    ["MeZO-SVRG with deltas", { method: "mezo_svrg", svrgQ: 4, snapshot: "deltas" }],
    ["MeZO-SVRG with a copy", { method: "mezo_svrg", svrgQ: 4, snapshot: "copy" }],
  ])(
    "the host times each part alone, with the same bits and no new GPU objects: %s",
    async (_, settings) => {
      expect(clockless.device.features.has("timestamp-query")).toBe(false);
      const given = { ...settings, batchSize: 2, learningRate: 1e-3 };
      const weights = [];
      for (const isTimed of [true, false]) {
        const run = await openFixtureRun(clockless, given, { rows: 4 });
        const { stepper } = run;
        await take(run, 6);
        const before = { ...calls };
        if (isTimed) {
          expect(stepper.needsHostTiming).toBe(true);
          await stepper.timeParts(() => performance.now());
          expect(stepper.needsHostTiming).toBe(false);
          const { parts, ...others } = stepper.timing!;
          expect(others).toEqual({ step: 7, isEstimate: true });
          // Attention is left out: its kernels may take no longer than an empty submit.
          expect(Math.min(parts.weightPass, parts.products, parts.rest)).toBeGreaterThan(0);
          expect(parts.products).toBeLessThan(10_000);
        } else expect(stepper.timing).toBeNull();
        await take(run, 1);
        const since = (name: keyof Counts) => calls[name] - before[name];
        expect([since("buffers"), since("bindGroups"), since("pipelines")]).toEqual([0, 0, 0]);
        await take(run, 3);
        stepper.flush();
        weights.push(await weightsOf(run.weights));
        run.model.destroy();
        run.weights.destroy();
      }
      expect(weights[0]).toEqual(weights[1]);
    },
  );

  test("training times the parts once, after five steps", async () => {
    const given = { method: "mezo", batchSize: 2, learningRate: 1e-3, steps: 12 };
    const { model, stepper, settings, weights } = await openFixtureRun(clockless, given, {
      rows: 4,
    });
    const timed: number[] = [];
    const timeParts = stepper.timeParts.bind(stepper);
    stepper.timeParts = (now) => {
      timed.push(stepper.nextStep, stepper.inFlight);
      return timeParts(now);
    };
    expect(await train(model, stepper, settings, [], quiet)).toBe("finished");
    expect(timed).toEqual([5, 0]);
    expect(stepper.timing).toMatchObject({ step: 6, isEstimate: true });
    model.destroy();
    weights.destroy();
  });
});

/** Trains without reporting anything. */
const quiet: TrainerHooks = {
  now: () => performance.now(),
  onSteps: async () => {},
  isPauseWanted: () => false,
  onEvaluation: async () => {},
  onEvaluating: () => {},
  onLongStep: () => {},
  judging: {},
};

test("the first step is cut into small submits, and later ones by the time it took", async () => {
  const given = { method: "mezo", batchSize: 2, learningRate: 1e-3, steps: 1 };
  const { model, stepper, settings, weights } = await openFixtureRun(device, given, { rows: 4 });
  const before = counts.submits;
  await train(model, stepper, settings, [], quiet);
  expect(counts.submits - before).toBeGreaterThan(Math.floor(model.dispatches / 16) - 1);
  expect(model.dispatches).toBeGreaterThan(32);
  // A step of this model takes milliseconds, and dispatches a fraction of that.
  expect(model.dispatchesPerSubmit).toBeGreaterThan(16);
  expect(model.dispatchesPerSubmit).toBeLessThan(Number.POSITIVE_INFINITY);
  model.destroy();
  weights.destroy();
});

describe("a step cut into many submits", () => {
  test.each([
    ["MeZO", { method: "mezo", weightDecay: 0.1 }],
    ["MeZO-SVRG", { method: "mezo_svrg", svrgQ: 2 }],
  ])("has the same bits as an uncut one, with %s", async (_, settings) => {
    const given = { ...settings, batchSize: 2, learningRate: 1e-3 };
    const results = [];
    for (const most of [Number.POSITIVE_INFINITY, 7, 1]) {
      const run = await openFixtureRun(device, given, { rows: 4 });
      run.model.dispatchesPerSubmit = most;
      const before = counts.submits;
      await take(run, 4);
      run.stepper.flush();
      const submits = counts.submits - before;
      results.push({ submits, weights: await weightsOf(run.weights) });
      run.model.destroy();
      run.weights.destroy();
    }
    const [whole, cut, single] = results;
    expect(cut!.submits).toBeGreaterThan(2 * whole!.submits);
    expect(single!.submits).toBeGreaterThan(4 * cut!.submits);
    expect(cut!.weights).toEqual(whole!.weights);
    expect(single!.weights).toEqual(whole!.weights);
  });
});
