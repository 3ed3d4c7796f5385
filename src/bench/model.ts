import type { WeightDtype } from "#base/dtype.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { bindableBytes, type Device } from "#gpu/device.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import type { OptConfig } from "#model/config.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import { Model } from "#model/model.ts";
import { allocateWeights, type Weights } from "#model/weights.ts";
import { planCapacity } from "#run/memory/capacity.ts";
import { noise } from "#zo/noise.ts";

/** What a bench runs on, in Node or in a page. */
export interface BenchPlace {
  readonly device: Device;
  readonly sources: ShaderSources;
  readonly linear: LinearChoice;
  /** Takes a line of a table. */
  print(line: string): void;
}

/** OPT's shape at another size: heads of 64, a feed-forward four times as wide. */
export function configOf(
  hiddenSize: number,
  layers: number,
  vocabSize: number,
  maxPositionEmbeddings = 2048,
): OptConfig {
  return {
    vocabSize,
    hiddenSize,
    numHiddenLayers: layers,
    ffnDim: 4 * hiddenSize,
    numAttentionHeads: Math.max(1, hiddenSize / 64),
    maxPositionEmbeddings,
    wordEmbedProjDim: hiddenSize,
    doLayerNormBefore: true,
    hasFinalLayerNorm: true,
    numLabels: null,
    bosTokenId: 2,
    eosTokenId: 2,
  };
}

/** Examples of two one-token options, as SST-2's: `tokens` rows in all, `each` per example. */
export function examplesOf(tokens: number, each: number, vocabSize: number): EncodedExample[] {
  const count = Math.max(1, Math.round(tokens / each));
  return Array.from({ length: count }, (_, row) => {
    const prompt = Array.from(
      { length: each },
      (_, i) => 4 + ((row * 7919 + i * 104729) % (vocabSize - 8)),
    );
    const option = (word: number) => ({ ids: [...prompt, word], optionLength: 1 });
    return { row, answer: row % 2, options: [option(vocabSize - 2), option(vocabSize - 3)] };
  });
}

/** Random weights of OPT's usual size. */
export async function randomWeights(
  device: Device,
  config: OptConfig,
  dtype: WeightDtype = "f32",
): Promise<Weights> {
  const weights = allocateWeights(device, config, dtype);
  const tile = noise("binomial", 3, { step: 0, probe: 0 }, 0, 0, 1 << 16);
  const gains = new Uint8Array(tile.map((z) => 1 + 0.02 * z).buffer);
  const others = new Uint8Array(tile.map((z) => 0.02 * z).buffer);
  async function* pieces() {
    for (const { elements, name, role } of weights.layout.table) {
      const values = role === "norm" && name.endsWith(".weight") ? gains : others;
      for (let left = elements * 4; left > 0; left -= values.length) {
        yield values.subarray(0, Math.min(values.length, left));
      }
    }
  }
  await weights.restore(pieces());
  return weights;
}

/** A model over those weights, with room for a batch of all these examples. */
export async function modelOn(
  device: Device,
  weights: Weights,
  examples: readonly EncodedExample[],
  linear: LinearChoice,
  sources: ShaderSources,
): Promise<Model> {
  const { config, layout } = weights;
  const bindable = bindableBytes(device.info);
  const capacity = planCapacity(config, layout, bindable, examples.length, examples, []);
  const model = await Model.create({
    device,
    weights,
    linear,
    capacity,
    sources,
    noise: "binomial",
  });
  // As in training once steps are timed, where they are shorter than a submit may be.
  model.dispatchesPerSubmit = Number.POSITIVE_INFINITY;
  return model;
}
