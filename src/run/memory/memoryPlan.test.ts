import { beforeAll, describe, expect, test } from "vitest";
import type { EncodedExample } from "#data/tasks/task.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { nodeGpu, readShaders } from "#entry/node/gpu.ts";
import { bindableBytes, type Device, openDevice } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { planLayout } from "#model/layout.ts";
import { onlyKernel } from "#model/linearChoice.ts";
import { linearShared } from "#model/linearKernels.ts";
import { Model } from "#model/model.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { openFixture } from "#model/testing/fixture.ts";
import { allocateWeights } from "#model/weights.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { evaluate } from "../evaluation/evaluation.ts";
import { Stepper } from "../step/stepper.ts";
import { planCapacity } from "./capacity.ts";
import { planEveryMethod, planMemory, planRun } from "./memoryPlan.ts";

const sources = readShaders();
const examples: EncodedExample[] = [5, 9, 7].map((length, row) => {
  const prompt = Array.from({ length }, (_, i) => 4 + i);
  return {
    row,
    answer: 0,
    options: [40, 41].map((word) => ({ ids: [...prompt, word], optionLength: 1 })),
  };
});

// Dawn without a GPU: buffers have their real sizes, and commands do nothing.
let device: Device;
const allocated: { label: string; size: number }[] = [];
beforeAll(async () => {
  device = await openDevice(nodeGpu(["backend=null"]));
  const create = device.device.createBuffer.bind(device.device);
  device.device.createBuffer = (descriptor) => {
    allocated.push({ label: descriptor.label ?? "", size: descriptor.size });
    return create(descriptor);
  };
});

const methods: [string, SettingValues][] = [
  ["MeZO", { method: "mezo" }],
  ["MeZO on the last block", { method: "mezo", trainable: "last", trainableBlocks: 1 }],
  ["Sparse-MeZO", { method: "sparse_mezo" }],
  ["LeZO", { method: "lezo" }],
  ["MeZO-SVRG with deltas", { method: "mezo_svrg", svrgQ: 2, snapshot: "deltas" }],
  ["MeZO over weights as f16", { method: "mezo", dtype: "f16" }],
  ["Sparse-MeZO over weights as f16", { method: "sparse_mezo", dtype: "f16" }],
  ["MeZO-SVRG over weights as f16", { method: "mezo_svrg", svrgQ: 2, dtype: "f16" }],
  ["MeZO-SVRG with a copy", { method: "mezo_svrg", svrgQ: 2, snapshot: "copy" }],
];
const whole = Number.POSITIVE_INFINITY;
const models: [string, OptConfig, number][] = [
  ["a model with norms first", oddConfig(), whole],
  ["a model in shards", oddConfig(), 4096],
  [
    "a model of opt-350m's kind, in shards",
    oddConfig({ do_layer_norm_before: false, word_embed_proj_dim: 20 }),
    4096,
  ],
];

describe.each(models)("%s", (_, config, limit) => {
  test.each(methods)("allocates the planned buffers and no others with %s", async (__, given) => {
    const settings = resolveSettings({ ...given, batchSize: 2 });
    const dtype = settings.dtype;
    const layout = planLayout(config, Math.min(bindableBytes(device.info), limit), dtype);
    const bindable = Math.min(bindableBytes(device.info), limit);
    const capacity = planCapacity(config, layout, bindable, 2, examples, []);
    const plan = planMemory(config, layout, capacity, settings);

    allocated.length = 0;
    const weights = allocateWeights(device, config, dtype, limit);
    const model = await Model.create({
      device,
      sources,
      weights,
      capacity,
      noise: "binomial",
      linear: onlyKernel(linearShared),
    });
    await prepareMasks(model, settings);
    await takeSteps(new Stepper(model, settings, examples, []));

    const own = allocated.filter(({ label }) => label !== "staging");
    expect(sorted(own)).toEqual(
      sorted(plan.buffers.map(({ label, sizeBytes }) => ({ label, size: sizeBytes }))),
    );
    const work = model.memory.bytesByKind();
    expect(plan.bytes).toEqual({ ...work, weights: weights.memory.bytesByKind().weights });
    model.destroy();
    weights.destroy();
  });
});

test("generating text allocates the planned keys and values, and no other buffers", async () => {
  const tokenizer = loadTokenizer((await openFixture("opt-tiny-pre-ln")).tokenizerFiles);
  const config = oddConfig({ max_position_embeddings: 128 });
  const written = [3, 9, 20, 4].map((length, row) => ({
    ...examples[0]!,
    row,
    writing: { promptIds: new Array<number>(length).fill(5), golds: ["a"] },
  }));
  const sets = [written.slice(0, 1), written.slice(1)];
  const settings = resolveSettings({ method: "mezo", batchSize: 2 });
  const maxBindingBytes = bindableBytes(device.info);
  const needs = { config, settings, maxBindingBytes, trained: examples };
  const plan = planRun({ ...needs, evaluated: sets });

  allocated.length = 0;
  const weights = allocateWeights(device, config);
  const model = await Model.create({
    device,
    sources,
    weights,
    noise: "binomial",
    linear: onlyKernel(linearShared),
    capacity: planCapacity(config, weights.layout, maxBindingBytes, 2, examples, written),
  });
  await evaluate(model, sets[1]!, { tokenizer });
  const own = allocated.filter(({ label }) => label !== "staging");
  expect(sorted(own)).toEqual(
    sorted(plan.buffers.map(({ label, sizeBytes }) => ({ label, size: sizeBytes }))),
  );
  // Three sequences at once, of 20 and 50 tokens minus the last, which is never read; a key and a value
  // per channel in every block; and a row of logits for each sequence. Buffers are rounded up to 16.
  const { numHiddenLayers: L, hiddenSize: C, vocabSize: V } = config;
  const rounded = (bytes: number) => Math.ceil(bytes / 16) * 16;
  const cache = L * rounded(3 * 69 * 2 * C * 4) + rounded(3 * V * 4);
  expect(plan.bytes.cache).toBe(cache);
  expect(planRun({ ...needs, evaluated: [examples] }).bytes.cache).toBe(0);

  // Of two sets that are evaluated one after another, the larger decides.
  allocated.length = 0;
  await evaluate(model, sets[0]!, { tokenizer });
  const cached = allocated.filter(({ label }) => label.startsWith("cache"));
  expect(cached.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(plan.bytes.cache);
  model.destroy();
  weights.destroy();
});

/** Takes every kind of step, two anchors among them if the method has any, and applies the last update. */
async function takeSteps(stepper: Stepper): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await stepper.enqueueNext();
  }
  stepper.flush();
}

function sorted(buffers: { label: string; size: number }[]): string[] {
  return buffers.map(({ label, size }) => `${label}: ${size}`).sort();
}

describe.each(Object.entries(publishedConfigs))("%s", (_, json) => {
  const config = parseConfig(json);
  const needs = planEveryMethod(config, 2 ** 31);

  test("needs at most 5 % more than weights, scratch and activations with every method", () => {
    for (const { name, plan } of needs) {
      const { weights, scratch, activations, snapshot } = plan.bytes;
      const expected = weights + scratch + activations + snapshot;
      expect(plan.totalBytes, name).toBeLessThanOrEqual(1.05 * expected);
      expect(snapshot > 0, name).toBe(name.includes("copy"));
    }
  });

  test("keeps its weights once, and two scratch matrices of the size of the largest", () => {
    const { weights, scratch } = needs[0]!.plan.bytes;
    const { hiddenSize: C, ffnDim: F } = config;
    const table = countWeights(config);
    expect(weights).toBe(4 * table);
    // Or 16 MiB each, so that a tile of the vocabulary is not too narrow.
    const largest = 4 * Math.max(C * F, 4 * 2 ** 20);
    expect(scratch).toBeLessThanOrEqual(2 * largest * 1.1);
  });
});

function countWeights(config: OptConfig): number {
  const { hiddenSize: C, ffnDim: F, wordEmbedProjDim: E, numHiddenLayers: L } = config;
  const block = 4 * (C * C + C) + 2 * C * F + F + C + 4 * C;
  const ends = config.vocabSize * E + (config.maxPositionEmbeddings + 2) * C;
  return L * block + ends + (E === C ? 0 : 2 * E * C) + (config.hasFinalLayerNorm ? 2 * C : 0);
}
