import { packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Device } from "#gpu/device.ts";
import type { PassState } from "#gpu/kernels.gen.ts";
import { encodeTerms, type SlottedTerm } from "#model/deltas.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import type { Model } from "#model/model.ts";
import { evaluationPass, noProbe } from "#model/products.ts";
import type { StepPart } from "#model/stepClock.ts";
import type { Weights } from "#model/weights.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { planAt } from "#run/step/stepPlans.ts";
import { Stepper } from "#run/step/stepper.ts";
import { keyOf } from "#zo/philox.ts";
import type { StepPlan } from "#zo/plan.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { modelOn } from "./model.ts";
import { toPlainStep } from "./steps.ts";

/** Who runs against whom in `bench -- step`, all over the same weights and rows. */
export interface Contender {
  readonly name: string;
  /** Whatever must happen before the next run and is none of it, such as an anchor. */
  prepare(): Promise<void>;
  /** One step, waited for. */
  run(): Promise<void>;
  /** What the GPU's clock says of one more step; null where it says nothing of use. */
  timeParts(): Promise<Readonly<Record<StepPart, number>> | null>;
  /** Plans of the last step run and of the one before it, whose update it applied. */
  plans(): readonly [last: StepPlan, before: StepPlan] | null;
  destroy(): void;
}

export interface BenchContext {
  readonly device: Device;
  readonly weights: Weights;
  readonly linear: LinearChoice;
}

export const twoForwards = "two forwards";
export const classic = "classic MeZO";

const methodSettings = {
  MeZO: { method: "mezo" },
  "Sparse-MeZO": { method: "sparse_mezo", sparsity: 0.75 },
  "LeZO 0.5": { method: "lezo", lezoSparsity: 0.5 },
  "LeZO 0.75": { method: "lezo", lezoSparsity: 0.75 },
  "SVRG, deltas": { method: "mezo_svrg", svrgQ: 8, snapshot: "deltas" },
  "SVRG, copy": { method: "mezo_svrg", svrgQ: 8, snapshot: "copy" },
} as const satisfies Readonly<Record<string, SettingValues>>;

export const contenderNames = [twoForwards, classic, ...Object.keys(methodSettings)];

/** Gets those named ready: each has its buffers, masks and pending update to itself, as in a run. */
export async function openContenders(
  context: BenchContext,
  examples: readonly EncodedExample[],
  names: readonly string[] = contenderNames,
): Promise<readonly Contender[]> {
  const { device, weights, linear } = context;
  const opened: Contender[] = [];
  for (const name of names) {
    const model = await modelOn(device, weights, examples, linear, readShaders());
    const settings = Object.entries(methodSettings).find(([known]) => known === name)?.[1];
    if (settings) opened.push(await methodContender(name, model, settings, examples));
    else {
      const step = name === classic ? classicStep : bareForwards;
      opened.push(plainContender(name, model, () => step(model, examples)));
    }
  }
  return opened;
}

function plainContender(name: string, model: Model, run: () => Promise<void>): Contender {
  return {
    name,
    prepare: async () => {},
    run,
    plans: () => null,
    timeParts: async () => {
      if (!model.clock.begin()) return null;
      await run();
      model.clock.end();
      return model.clock.read(model.readback);
    },
    destroy: () => model.destroy(),
  };
}

async function methodContender(
  name: string,
  model: Model,
  given: SettingValues,
  examples: readonly EncodedExample[],
): Promise<Contender> {
  const sized = { batchSize: examples.length, learningRate: 1e-6, steps: 1000 };
  const settings = resolveSettings({ ...given, ...sized });
  await prepareMasks(model, settings);
  const stepper = new Stepper(model, settings, examples, []);
  const run = async () => {
    stepper.enqueue();
    await stepper.collect();
  };
  const prepare = () => toPlainStep(stepper);
  const planOf = (step: number) => planAt(settings, model.config.numHiddenLayers, step);
  const plain = plainContender(name, model, run);
  return {
    ...plain,
    prepare,
    timeParts: async () => {
      await prepare();
      return plain.timeParts();
    },
    plans: () => [planOf(stepper.nextStep - 1), planOf(stepper.nextStep - 2)],
  };
}

/** Both signs of a batch over the weights as they are: two forward passes and nothing else. */
async function bareForwards(model: Model, examples: readonly EncodedExample[]): Promise<void> {
  forward(model, examples, 2);
  await model.readback.read(model.buffers.lossSums, 0, 8);
}

/** MeZO as published: four passes over all weights, two forward passes, one sign after the other. */
async function classicStep(model: Model, examples: readonly EncodedExample[]): Promise<void> {
  perturb(model, 1e-3);
  forward(model, examples, 1);
  perturb(model, -2e-3);
  forward(model, examples, 1);
  perturb(model, 1e-3);
  perturb(model, -1e-6);
  await model.readback.read(model.buffers.lossSums, 0, 8);
}

function forward(model: Model, examples: readonly EncodedExample[], signs: 1 | 2): void {
  model.setPass(passState(0));
  for (const part of packAll(examples, model.capacity)) {
    model.setBatch(part, signs, { probe: 0, accumulates: false, perToken: false });
    model.probe(part, evaluationPass, "theta", signs);
  }
}

function perturb(model: Model, coefficient: number): void {
  const term: SlottedTerm = {
    kind: "noise",
    direction: { step: 1, probe: 0 },
    slot: 0,
    blocks: null,
    embeddings: true,
    beginsStep: true,
  };
  model.device.queue.writeBuffer(model.buffers.terms, 0, encodeTerms([term]));
  model.device.queue.writeBuffer(model.buffers.coefficients, 0, new Float32Array([coefficient]));
  model.setPass(passState(1));
  model.update({ isProbed: () => false, isUpdated: () => true, sharedBlocks: null });
}

function passState(updates: number): PassState {
  const [seedLow, seedHigh] = keyOf(42);
  return { ...noProbe, seed_low: seedLow, seed_high: seedHigh, update_count: updates };
}
