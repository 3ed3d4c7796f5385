import { readFileSync } from "node:fs";
import { f16ToF32, f32ToF16 } from "#base/halfFloat.ts";
import { packAll, sizeOfAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { replay } from "#run/step/replay.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { readShaders } from "../../entry/node/gpu.ts";
import { someExamples } from "../../reference/batch.ts";
import { logProbability } from "../../reference/opt.ts";
import { type OptConfig, parseConfig } from "../config.ts";
import { canRun, halvesChoice, type LinearChoice, onlyKernel } from "../linearChoice.ts";
import { halfLinearCards, linearShared } from "../linearKernels.ts";
import { matchTensors } from "../matchTensors.ts";
import { Model } from "../model.ts";
import { allocateWeights, type Weights } from "../weights.ts";
import { oddConfig } from "./configs.ts";
import { encodedTexts, fixtureNames, openFixture } from "./fixture.ts";
import type { Comparison } from "./modelReport.ts";
import { randomWeights, tensorsOf } from "./randomWeights.ts";

export interface HalvesReport {
  /** -Σ log p of the texts, by fixture. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** Σ log p of options against the plain forward pass over the nearest halves; by name of the model. */
  readonly oddScores: Readonly<Record<string, Comparison>>;
  /** Σ log p of texts: with widened halves, and with each kernel that reads halves directly. */
  readonly packed: Readonly<Record<string, Comparison & { readonly dispatchesSaved: number }>>;
  /** log p of the last id of each text: as scored, and from the logits of a writer. */
  readonly written: Comparison;
  /** SHA-256 after the coefficients of `expected.replay.f16.json`, by the number of steps in a pass. */
  readonly replayed: Readonly<Record<string, string>>;
  /** SHA-256 of weights restored from pieces, and the expected one; by how the pieces were cut. */
  readonly restored: Readonly<Record<string, readonly [string, string]>>;
  /** GPU bytes of the weights of a model: as f32 and as f16. */
  readonly weightBytes: readonly [number, number];
}

const sources = readShaders();

/** Returns what models over weights stored as f16 compute on this process's GPU. */
export async function halvesReport(): Promise<HalvesReport> {
  const device = await openDevice(oneDeviceGpu());
  return {
    scores: await fixtureScores(device),
    oddScores: await oddScores(device),
    packed: await packed(device),
    written: await written(device),
    replayed: await replayed(device),
    restored: await restored(device),
    weightBytes: [await weightBytes(device, "f32"), await weightBytes(device, "f16")],
  };
}

async function modelOver(
  device: Device,
  weights: Weights,
  examples: readonly EncodedExample[],
  linear: LinearChoice = onlyKernel(linearShared),
) {
  const capacity = sizeOfAll(examples);
  return Model.create({ device, sources, weights, capacity, linear, noise: "binomial" });
}

async function scoresOf(model: Model, examples: readonly EncodedExample[]): Promise<number[]> {
  return [...(await model.score(packAll(examples, sizeOfAll(examples))[0]!))];
}

async function openHalves(
  device: Device,
  name: (typeof fixtureNames)[number],
  dtype: "f16" | "f32" = "f16",
) {
  const checkpoint = await openFixture(name);
  const weights = allocateWeights(device, parseConfig(checkpoint.config), dtype);
  await weights.load(matchTensors(weights.layout.table, checkpoint));
  return { checkpoint, weights };
}

async function fixtureScores(device: Device) {
  const scores: Record<string, number[]> = {};
  for (const name of fixtureNames) {
    const { checkpoint, weights } = await openHalves(device, name);
    const texts = encodedTexts(checkpoint);
    const sums = await scoresOf(await modelOver(device, weights, texts), texts);
    scores[name] = sums.map((sum) => -sum);
  }
  return scores;
}

async function oddScores(device: Device) {
  const projected = { do_layer_norm_before: false };
  const kinds: [name: string, config: OptConfig, maxBindingBytes?: number][] = [
    ["layer norm first", oddConfig()],
    ["in shards", oddConfig({ ...projected, word_embed_proj_dim: 20 }), 250 * 4],
    ["a matrix of odd width", oddConfig({ ...projected, word_embed_proj_dim: 21 }), 4000],
  ];
  const comparisons: Record<string, Comparison> = {};
  for (const [name, config, maxBindingBytes] of kinds) {
    const examples = someExamples(config.vocabSize);
    const values = randomWeights(config);
    const weights = allocateWeights(device, config, "f16", maxBindingBytes);
    await weights.load(tensorsOf(config, values));
    const halves = new Map([...values].map(([key, full]) => [key, f16ToF32(f32ToF16(full))]));
    comparisons[name] = {
      expected: examples
        .flatMap((example) => example.options)
        .map(({ ids, optionLength }) => logProbability(config, halves, ids, optionLength)),
      actual: await scoresOf(await modelOver(device, weights, examples), examples),
    };
  }
  return comparisons;
}

/** One dispatch fewer for each matrix that is not widened shows that the kernels were used. */
async function packed(device: Device) {
  const { checkpoint, weights } = await openHalves(device, "opt-tiny-real-vocab");
  const texts = encodedTexts(checkpoint);
  const plain = await modelOver(device, weights, texts);
  const expected = await scoresOf(plain, texts);
  const comparisons: Record<string, Comparison & { readonly dispatchesSaved: number }> = {};
  for (const card of halfLinearCards) {
    if (!canRun(card, { features: device.device.features, config: weights.config })) continue;
    const linear = { ...onlyKernel(linearShared), ...halvesChoice(() => card) };
    const model = await modelOver(device, weights, texts, linear);
    const actual = await scoresOf(model, texts);
    comparisons[card.name] = {
      expected,
      actual,
      dispatchesSaved: plain.dispatches - model.dispatches,
    };
  }
  return comparisons;
}

async function written(device: Device): Promise<Comparison> {
  const { checkpoint, weights } = await openHalves(device, "opt-tiny-post-ln");
  const texts = encodedTexts(checkpoint).slice(0, 3);
  const lastOnly = texts.map(({ row, answer, options }) => {
    return { row, answer, options: [{ ids: options[0]!.ids, optionLength: 1 }] };
  });
  const model = await modelOver(device, weights, texts);
  const expected = await scoresOf(model, lastOnly);
  const ids = texts.map(({ options }) => options[0]!.ids);
  const positions = Math.max(...ids.map(({ length }) => length));
  const writer = await model.makeWriter({ slots: ids.length, positions });
  const feeds = ids.map((all, slot) => ({ slot, ids: all.slice(0, -1), position: 0 }));
  const logits = await writer.read(feeds);
  const actual = logits.map((row, i) => row[ids[i]!.at(-1)!]! - logSumExp(row));
  return { expected, actual };
}

function logSumExp(values: Float32Array): number {
  return Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));
}

/** Given steps, one and many per pass over the weights. */
async function replayed(device: Device) {
  const file = "../../../test/fixtures/opt-tiny-pre-ln/expected.replay.f16.json";
  const { seed, coefficients } = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
  const settings = resolveSettings({ method: "mezo", seed, dtype: "f16", steps: 12 });
  const steps = (coefficients as number[]).map((coefficient, i) => ({
    step: i + 1,
    flags: 0,
    lossPlus: 0,
    lossMinus: 0,
    projectedGrad: 0,
    learningRate: 1,
    tokens: 0,
    forwardPasses: 2,
    milliseconds: 0,
    coefficients: Float32Array.of(coefficient),
  }));
  const hashes: Record<string, string> = {};
  for (const atOnce of [12, 5, 1]) {
    const { checkpoint, weights } = await openHalves(device, "opt-tiny-pre-ln");
    const model = await modelOver(device, weights, encodedTexts(checkpoint).slice(0, 1));
    for (let i = 0; i < steps.length; i += atOnce) {
      await replay(model, settings, steps.slice(i, i + atOnce));
    }
    hashes[atOnce] = await weightsSha256(weights);
  }
  return hashes;
}

async function restored(device: Device) {
  const { weights } = await openHalves(device, "opt-tiny-post-ln");
  const hash = await weightsSha256(weights);
  const whole: Uint8Array[] = [];
  for await (const piece of weights.read()) whole.push(piece);
  const halves = new Uint8Array(Buffer.concat(whole));
  const wide = new Uint8Array(f16ToF32(new Uint16Array(halves.buffer)).buffer);
  const found: Record<string, [string, string]> = {};
  const bring = async (
    name: string,
    bytes: Uint8Array,
    weightsEach: number,
    dtype: "F16" | "F32",
  ) => {
    const other = allocateWeights(device, weights.config, "f16");
    const size = weightsEach * (dtype === "F16" ? 2 : 4);
    async function* pieces() {
      for (let i = 0; i < bytes.length; i += size) yield bytes.slice(i, i + size);
    }
    await other.restore(pieces(), dtype);
    found[name] = [await weightsSha256(other), hash];
  };
  await bring("halves, 1001 at a time", halves, 1001, "F16");
  await bring("halves, 4096 at a time", halves, 4096, "F16");
  await bring("f32s, 777 at a time", wide, 777, "F32");
  return found;
}

async function weightBytes(device: Device, dtype: "f16" | "f32"): Promise<number> {
  const { weights } = await openHalves(device, "opt-tiny-real-vocab", dtype);
  return weights.memory.bytesByKind().weights;
}
