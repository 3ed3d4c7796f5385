import type { WeightDtype } from "#base/storage.ts";
import type { EncodedExample } from "#data/task.ts";
import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import { bindableBytes, makeRoomForWeights, OptModel } from "#model/opt.ts";
import { planCapacity } from "#train/capacity.ts";
import { noise } from "#zo/noise.ts";
import { readShaders } from "../entry/node/gpu.ts";

/** OPT's shape at another size: heads of 64, a feed-forward four times as wide. */
export function configOf(hiddenSize: number, layers: number, vocabSize: number): OptConfig {
  return {
    ...{ vocabSize, hiddenSize, numHiddenLayers: layers, ffnDim: 4 * hiddenSize },
    ...{ numAttentionHeads: Math.max(1, hiddenSize / 64), maxPositionEmbeddings: 2048 },
    ...{ wordEmbedProjDim: hiddenSize, doLayerNormBefore: true, hasFinalLayerNorm: true },
    ...{ numLabels: null, bosTokenId: 2, eosTokenId: 2 },
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

/** A model with random weights of OPT's usual size. */
export async function randomModel(
  device: Device,
  config: OptConfig,
  examples: readonly EncodedExample[],
  linear: LinearChoice,
  dtype: WeightDtype = "f32",
): Promise<OptModel> {
  const loaded = makeRoomForWeights(device, config, dtype);
  const tile = noise("binomial", 3, { step: 0, probe: 0 }, 0, 0, 1 << 16);
  async function* pieces() {
    for (const { elements, name } of loaded.layout.table) {
      const isGain = name.endsWith("layer_norm.weight");
      for (let start = 0; start < elements; start += tile.length) {
        const part = tile.slice(0, Math.min(tile.length, elements - start));
        yield new Uint8Array(part.map((z) => (isGain ? 1 : 0) + 0.02 * z).buffer);
      }
    }
  }
  await loaded.weights.restore(pieces());
  const bindable = bindableBytes(device.info);
  const capacity = planCapacity(config, loaded.layout, bindable, examples.length, examples, []);
  return OptModel.create({
    ...{ device, loaded, linear, capacity, sources: readShaders(), noise: "binomial" },
  });
}

/** Median milliseconds of `repeats` runs after one to warm up. */
export async function medianMs(run: () => Promise<unknown>, repeats: number): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
