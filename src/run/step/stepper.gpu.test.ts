import { beforeAll, describe, expect, test } from "vitest";
import { type Device, openDevice } from "#gpu/device.ts";
import { trainableBy } from "#model/trainable.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import { weightsSha256 } from "../store/weightsHash.ts";
import {
  changedNames,
  type FixtureRun,
  openFixtureRun,
  takeSteps,
  weightsOf,
} from "../testing/fixtureRun.ts";
import { replay } from "./replay.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice(oneDeviceGpu());
});

const common = { learningRate: 1e-3, batchSize: 4 };
const few = { rows: 8 };

const open = (settings: Readonly<Record<string, unknown>>, options = {}): Promise<FixtureRun> =>
  openFixtureRun(device, { ...common, ...settings }, { ...few, ...options });

describe("a batch that runs in parts", () => {
  test.each([
    ["MeZO", { method: "mezo", directions: 2 }],
    ["MeZO-SVRG", { method: "mezo_svrg", svrgQ: 2 }],
  ])("has the losses of a batch that runs whole, up to rounding, with %s", async (_, settings) => {
    const whole = await takeSteps((await open(settings)).stepper, 4);
    const run = await open(settings, { capacity: "one example" });
    const parts = await takeSteps(run.stepper, 4);
    for (const [i, step] of whole.entries()) {
      // Sums of four losses of about 0.7 in another order.
      expect(Math.abs(parts[i]!.lossPlus - step.lossPlus)).toBeLessThan(1e-6);
      expect(Math.abs(parts[i]!.lossMinus - step.lossMinus)).toBeLessThan(1e-6);
      expect(parts[i]!.tokens).toBe(step.tokens);
      expect(parts[i]!.forwardPasses).toBe(step.forwardPasses);
    }
  });
});

describe("MeZO-SVRG", () => {
  test.each(["deltas", "copy"])(
    "has a correction of exactly 0 if the snapshot, kept as %s, equals the weights",
    async (snapshot) => {
      const settings = { method: "mezo_svrg", svrgQ: 4, anchorLearningRate: 0, snapshot };
      const [, mini, later] = await takeSteps((await open(settings)).stepper, 3);
      expect([...mini!.extra!.slice(0, 3)]).toEqual([
        mini!.lossPlus,
        mini!.lossMinus,
        mini!.projectedGrad,
      ]);
      expect(Math.abs(mini!.coefficients[0]!)).toBe(0);
      // The anchor's term changes the weights, so the next correction is not 0.
      expect(Math.abs(mini!.coefficients[1]!)).toBeGreaterThan(0);
      expect(Math.abs(later!.coefficients[0]!)).toBeGreaterThan(0);
    },
  );

  test("takes the same steps after a non-finite loss as a run that is opened again after it", async () => {
    const settings = { method: "mezo_svrg", svrgQ: 16, steps: 8, anchorRows: 1, batchSize: 2 };
    const run = await open(settings);
    poisonLongestExample(run);
    const steps = await takeSteps(run.stepper, 1);
    while (run.stepper.nextStep < 8) {
      // All at once: the steps after the bad one are skipped.
      while (run.stepper.nextStep < 8) run.stepper.enqueue();
      steps.push(...(await run.stepper.collect()));
    }
    run.stepper.flush();
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const bad = steps.findIndex(({ flags }) => flags & NOT_FINITE);
    expect(bad).toBeGreaterThan(1);
    expect(bad).toBeLessThan(7);
    expect([...steps[bad]!.coefficients].map(Math.abs)).toEqual([0, 0]);

    const again = await open(settings);
    poisonLongestExample(again);
    const past = steps.slice(0, bad + 1);
    await replay(again.model, again.settings, past);
    const rest = await takeSteps(again.stepperAfter(past), 8 - past.length);
    const coefficients = (of: readonly JournalStep[]) => of.map((step) => [...step.coefficients]);
    expect(coefficients([...past, ...rest])).toEqual(coefficients(steps));
    expect(await weightsSha256(again.weights)).toBe(await weightsSha256(run.weights));
  });
});

/** Makes the loss of the longest example non-finite: no other reaches the position set to NaN. */
function poisonLongestExample({ model, examples }: FixtureRun): void {
  const lengths = examples.map(({ options }) => options[0]!.ids.length).sort((a, b) => b - a);
  expect(lengths[0]).toBeGreaterThan(lengths[1]!);
  // The last id is only a target; OPT's position table begins with 2 unused rows.
  const row = lengths[0]! - 2 + 2;
  const { width, shards } = model.layout.matrices.get("embed_positions")!;
  const values = new Float32Array(width).fill(Number.NaN);
  model.device.queue.writeBuffer(model.weights.shard(shards[0]!), row * width * 4, values);
}

describe("LeZO", () => {
  test("does not change a bit of inactive blocks or frozen embeddings", async () => {
    const run = await open({ method: "lezo", embedPolicy: "frozen", lezoSparsity: 0.5 });
    for (let i = 0; i < 4; i++) {
      const before = await weightsOf(run.weights);
      await takeSteps(run.stepper, 1);
      const changed = changedNames(before, await weightsOf(run.weights));
      const blocks = new Set(changed.map((name) => /layers\.(\d+)\./.exec(name)?.[1]));
      expect(blocks.size).toBe(1);
      expect([...blocks]).not.toContain(undefined);
      expect(changed.length).toBe(16);
    }
  });

  test("has the same losses whether or not both signs share the blocks below the first active one", async () => {
    const settings = { method: "lezo", embedPolicy: "frozen", lezoSparsity: 0.5, steps: 8 };
    const shared = await takeSteps((await open(settings)).stepper, 8);
    const run = await open(settings);
    const probe = run.model.recordProbe.bind(run.model);
    let sharing = 0;
    run.model.recordProbe = (pass, batch, plan, at) => {
      if ((plan.sharedBlocks ?? 0) > 0) sharing++;
      probe(pass, batch, { ...plan, sharedBlocks: null }, at);
    };
    const apart = await takeSteps(run.stepper, 8);
    expect(sharing).toBeGreaterThan(0);
    expect(sharing).toBeLessThan(8);
    for (const [i, { lossPlus, lossMinus }] of shared.entries()) {
      expect(Math.abs(apart[i]!.lossPlus - lossPlus)).toBeLessThan(1e-6);
      expect(Math.abs(apart[i]!.lossMinus - lossMinus)).toBeLessThan(1e-6);
    }
  });
});

describe("Sparse-MeZO", () => {
  const sparsity = 0.75;

  test("has exactly the thresholds that sorting on the CPU gives", async () => {
    const run = await open({ method: "sparse_mezo", sparsity });
    const weights = await weightsOf(run.weights);
    const counts = await (await run.model.masks()).measure();
    for (const { parameter, threshold, selected } of counts) {
      if (parameter.shape.length < 2) continue;
      const sorted = weights.get(parameter.name)!.map(Math.abs).sort();
      const kept = Math.max(1, Math.floor((1 - sparsity) * parameter.elements));
      expect(threshold, parameter.name).toBe(sorted[kept - 1]);
      expect(selected).toBe(sorted.filter((size) => size <= threshold).length);
    }
  });

  test("updates the weights below the initial threshold and no others", async () => {
    const run = await open({ method: "sparse_mezo", sparsity });
    const before = await weightsOf(run.weights);
    const counts = await (await run.model.masks()).measure();
    await takeSteps(run.stepper, 6);
    const after = await weightsOf(run.weights);
    for (const { parameter, threshold } of counts) {
      if (parameter.shape.length < 2) continue;
      const [old, now] = [before.get(parameter.name)!, after.get(parameter.name)!];
      let moved = 0;
      old.forEach((value, i) => {
        if (Math.abs(value) <= threshold) moved += Number(now[i] !== value);
        else if (now[i] !== value) throw new Error(`${parameter.name}[${i}] moved.`);
      });
      expect(moved, parameter.name).toBeGreaterThan(0);
    }
  });
});

test.each([
  ["the last block", { trainable: "last", trainableBlocks: 1 }],
  ["names", { trainable: "named", trainablePattern: "*.k_proj.weight, *layers.1.fc2.*" }],
  ["names and size", { method: "sparse_mezo", trainable: "named", trainablePattern: "*.fc1.*" }],
])("only trainable parameters change when they are chosen by %s", async (_, settings) => {
  const run = await open({ method: "mezo", ...settings, weightDecay: 0.01 });
  const isTrainable = trainableBy(run.settings, run.model.config, run.model.layout.table);
  const before = await weightsOf(run.weights);
  await takeSteps(run.stepper, 3);
  const changed = changedNames(before, await weightsOf(run.weights));
  const trained = run.model.layout.table.filter(isTrainable).map(({ name }) => name);
  expect(changed).toEqual(trained);
});
