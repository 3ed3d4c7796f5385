import { packAll, sizeOfAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { noise } from "#zo/noise.ts";
import { round16 } from "#zo/rounding.ts";
import { readShaders } from "../../entry/node/gpu.ts";
import { someExamples } from "../../reference/batch.ts";
import { logProbability } from "../../reference/opt.ts";
import { crossEntropy } from "../../reference/optionLoss.ts";
import { type OptConfig, parseConfig } from "../config.ts";
import { encodeTerms, isActive } from "../deltas.ts";
import { type LinearChoice, onlyKernel } from "../linearChoice.ts";
import { type LinearCard, linearQuad, linearShared } from "../linearKernels.ts";
import { matchTensors } from "../matchTensors.ts";
import { Model } from "../model.ts";
import { type Parameter, parameterTable } from "../parameters.ts";
import type { PassPlan } from "../products.ts";
import { allocateWeights } from "../weights.ts";
import { oddConfig } from "./configs.ts";
import { encodedTexts, fixtureNames, openFixture } from "./fixture.ts";
import { randomWeights, tensorsOf } from "./randomWeights.ts";

/** Numbers from the GPU and those of the plain computation or of PyTorch. */
export interface Comparison {
  readonly expected: readonly number[];
  readonly actual: readonly number[];
}

export interface ModelReport {
  readonly linears: readonly string[];
  /** -Σ log p of the texts, by `fixture linear` and `fixture linear sharded`. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** Σ log p of options, against the plain forward pass; by name of the model. */
  readonly oddScores: Readonly<Record<string, Comparison>>;
  /** Loss sums plus and minus; by what is perturbed. */
  readonly probes: Readonly<Record<string, Comparison>>;
  /** Number of bytes that differ, by what was done to the weights. */
  readonly wrongBytes: Readonly<Record<string, number>>;
  /** Bind groups created by a second pass of the same shape. */
  readonly newBindings: number;
}

type Weights = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

const projectedConfig = oddConfig({ word_embed_proj_dim: 20, do_layer_norm_before: false });
const seed = 2 ** 33 + 7;
const epsilon = round16(1e-2);
const coefficient = round16(-3.3e-3);

const sources = readShaders();

/** Returns what OPT models compute on this process's GPU, beside what is expected. */
export async function modelReport(): Promise<ModelReport> {
  const device = await openDevice(oneDeviceGpu());
  // Other kernels are compared with their twins; this is about the model around them.
  const usable = [linearQuad, linearShared].filter(({ features }) =>
    features.every((feature) => device.device.features.has(feature)),
  );
  return {
    linears: usable.map(({ name }) => name),
    scores: await fixtureScores(device, usable),
    oddScores: await oddScores(device, usable),
    ...(await probeAndUpdate(device, onlyKernel(usable[0]!))),
  };
}

async function createModel(
  device: Device,
  config: OptConfig,
  examples: readonly EncodedExample[],
  linear: LinearChoice,
  maxBindingBytes = Infinity,
): Promise<Model> {
  const capacity = sizeOfAll(examples);
  const weights = allocateWeights(device, config, "f32", maxBindingBytes);
  const options = { device, sources, weights, capacity, linear };
  return Model.create({ ...options, noise: "binomial" });
}

/** Sums of log p, in order of the options. */
async function scoresOf(model: Model, examples: readonly EncodedExample[]): Promise<number[]> {
  return [...(await model.score(packAll(examples, sizeOfAll(examples))[0]!))];
}

async function fixtureScores(device: Device, usable: readonly LinearCard[]) {
  const scores: Record<string, number[]> = {};
  for (const name of fixtureNames) {
    const checkpoint = await openFixture(name);
    const config = parseConfig(checkpoint.config);
    const texts = encodedTexts(checkpoint);
    for (const linear of usable) {
      // A limit of 2000 bytes cuts every matrix of 64 columns into shards of 7 rows: thousands of products.
      const tiny = linear === usable[0] ? 2000 : 20_000;
      const sharded = name === "opt-tiny-real-vocab" ? 600_000 : tiny;
      for (const [limit, suffix] of [[undefined, ""] as const, [sharded, " sharded"] as const]) {
        const model = await createModel(device, config, texts, onlyKernel(linear), limit);
        await model.weights.load(matchTensors(model.layout.table, checkpoint));
        const sums = await scoresOf(model, texts);
        scores[`${name} ${linear.name}${suffix}`] = sums.map((sum) => -sum);
      }
    }
  }
  return scores;
}

async function oddScores(device: Device, usable: readonly LinearCard[]) {
  const kinds: [name: string, config: OptConfig, maxBindingBytes?: number][] = [
    ["layer norm first", oddConfig()],
    ["layer norm first, sharded", oddConfig(), 250 * 4],
    ["layer norm last, with projections", projectedConfig],
    ["layer norm first, no last norm", oddConfig({ _remove_final_layer_norm: true })],
  ];
  const comparisons: Record<string, Comparison> = {};
  for (const [name, config, maxBindingBytes] of kinds) {
    for (const linear of usable) {
      const examples = someExamples(config.vocabSize);
      const weights = randomWeights(config);
      const model = await createModel(
        device,
        config,
        examples,
        onlyKernel(linear),
        maxBindingBytes,
      );
      await model.weights.load(tensorsOf(config, weights));
      comparisons[`${name}, ${linear.name}`] = {
        expected: options(examples).map(({ ids, optionLength }) =>
          logProbability(config, weights, ids, optionLength),
        ),
        actual: await scoresOf(model, examples),
      };
    }
  }
  return comparisons;
}

async function probeAndUpdate(device: Device, linear: LinearChoice) {
  const probes: Record<string, Comparison> = {};
  const wrongBytes: Record<string, number> = {};
  let newBindings = 0;
  for (const [name, blocks] of [["all blocks", null] as const, ["block 1 alone", [1]] as const]) {
    const trial = await openTrial(device, linear, blocks);
    wrongBytes[`${name}: weights and read back`] = await trial.wrongBytes(trial.weights);
    probes[`${name}, nothing pending`] = await trial.probe(0);
    probes[`${name}, an update pending`] = await trial.probe(1);
    wrongBytes[`${name}: updated by a probe's passes`] = await trial.wrongBytes(trial.moved);

    const other = await openTrial(device, linear, blocks);
    other.setPass(1, 0);
    other.model.update(other.plan);
    wrongBytes[`${name}: updated without a probe`] = await other.wrongBytes(trial.moved);
    await other.model.weights.restore(trial.model.weights.read());
    wrongBytes[`${name}: restored from another model's pieces`] = await other.wrongBytes(
      trial.moved,
    );

    const bound = trial.model.bound.count;
    trial.model.probe(trial.batch, trial.plan);
    newBindings += trial.model.bound.count - bound;
  }
  return { probes, wrongBytes, newBindings };
}

/** A model with one pending term, and the expected weights by plain arithmetic. */
async function openTrial(device: Device, linear: LinearChoice, blocks: readonly number[] | null) {
  const config = projectedConfig;
  const examples = someExamples(config.vocabSize);
  const batch = packAll(examples, sizeOfAll(examples))[0]!;
  const weights = randomWeights(config);
  const model = await createModel(device, config, examples, linear, 4000);
  await model.weights.load(tensorsOf(config, weights));
  const embeddings = blocks === null;
  const term = {
    kind: "noise" as const,
    direction: { step: 4, probe: 0 },
    slot: 3,
    beginsStep: true,
  };
  model.device.queue.writeBuffer(
    model.buffers.terms,
    0,
    encodeTerms([{ ...term, blocks, embeddings }]),
  );
  model.device.queue.writeBuffer(
    model.buffers.coefficients,
    3 * 4,
    new Float32Array([coefficient]),
  );
  const isPerturbed = (at: Pick<Parameter, "stage" | "role">) =>
    isActive({ blocks, embeddings }, at);
  const sharedBlocks = blocks === null ? null : Math.min(...blocks);
  const plan: PassPlan = { isProbed: isPerturbed, isUpdated: isPerturbed, sharedBlocks };
  const moved = along(config, weights, isPerturbed, term.direction.step, coefficient);

  const setPass = (updates: number, probeEnabled: number) =>
    model.setPass({
      seed_low: seed % 2 ** 32,
      seed_high: Math.floor(seed / 2 ** 32),
      probe_step: 5,
      probe_index: 0,
      probe_enabled: probeEnabled,
      epsilon,
      probe_blocks_low: blocks === null ? 0xffffffff : blocks.reduce((m, b) => m | (1 << b), 0),
      probe_blocks_high: blocks === null ? 0xffffffff : 0,
      probe_embeddings: Number(embeddings),
      other_index: 0,
      other_epsilon: 0,
      update_count: updates,
      offset_count: 0,
      mask_by_magnitude: 0,
    });

  return {
    model,
    batch,
    plan,
    weights,
    moved,
    setPass,
    async probe(updates: 0 | 1): Promise<Comparison> {
      setPass(updates, 1);
      model.setBatch(batch, 2, { probe: 1, accumulates: false, perToken: false });
      model.probe(batch, updates === 0 ? { ...plan, isUpdated: () => false } : plan);
      const sums = new Float32Array(await model.readback.read(model.buffers.lossSums, 8, 8));
      const base = updates === 0 ? weights : moved;
      const expected = [epsilon, -epsilon].map((scale) =>
        lossSum(config, along(config, base, isPerturbed, 5, scale), examples),
      );
      return { expected, actual: [...sums] };
    },
    async wrongBytes(wanted: Weights): Promise<number> {
      const all = parameterTable(config).map(({ name }) => Buffer.from(wanted.get(name)!.buffer));
      const pieces: Uint8Array[] = [];
      for await (const piece of model.weights.read()) pieces.push(piece);
      const [a, b] = [Buffer.concat(all), Buffer.concat(pieces)];
      return a.reduce(
        (count, byte, i) => count + Number(byte !== b[i]),
        Math.abs(a.length - b.length),
      );
    },
  };
}

/** weights + scale · z(step) where active, each rounded once to f32. */
function along(
  config: OptConfig,
  weights: Weights,
  isPerturbed: (parameter: Parameter) => boolean,
  step: number,
  scale: number,
): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(
    parameterTable(config).map((parameter) => {
      const { name, index, elements } = parameter;
      const values = weights.get(name)!;
      if (!isPerturbed(parameter)) return [name, values];
      const z = noise("binomial", seed, { step, probe: 0 }, index, 0, elements);
      return [name, values.map((value, i) => value + scale * z[i]!)];
    }),
  );
}

/** Σ over examples of the cross entropy of the options' mean log-probabilities. */
function lossSum(config: OptConfig, weights: Weights, examples: readonly EncodedExample[]): number {
  return examples.reduce((sum, example) => {
    const means = example.options.map(({ ids, optionLength }) => {
      return logProbability(config, weights, ids, optionLength) / optionLength;
    });
    return sum + crossEntropy(means, example.answer);
  }, 0);
}

function options(examples: readonly EncodedExample[]) {
  return examples.flatMap((example) => example.options);
}
