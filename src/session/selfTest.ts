import { packAll } from "#data/examples/packing.ts";
import { packStruct } from "#gpu/card.ts";
import type { Device } from "#gpu/device.ts";
import { bind, compileKernel } from "#gpu/kernel.ts";
import { knownAnswers } from "#gpu/kernels.gen.ts";
import { Memory } from "#gpu/memory.ts";
import { Readback } from "#gpu/readback.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import { philoxOverrides } from "#model/compile.ts";
import type { OptConfig } from "#model/config.ts";
import { onlyKernel } from "#model/linearChoice.ts";
import type { LinearCard } from "#model/linearKernels.ts";
import { Model } from "#model/model.ts";
import { allocateWeights } from "#model/weights.ts";
import { noise } from "#zo/noise.ts";
import { LINEAR_BOUND, linearError } from "./linearBench.ts";
import type { SelfTestResult } from "./reports.ts";

/**
 * Tests this GPU: random numbers to the bit, one matrix product, and the loss of a tiny model. Without these,
 * no result can be trusted.
 */
export async function selfTest(
  device: Device,
  sources: ShaderSources,
  linear: LinearCard,
): Promise<readonly SelfTestResult[]> {
  return [
    await randomNumbers(device, sources),
    await matrixProduct(device, sources, linear),
    await tinyLoss(device, sources, linear),
  ];
}

/** Philox4x32-10: counter, key -> answer. @see Random123, tests/kat_vectors */
const published = [
  {
    input: [0, 0, 0, 0, 0, 0],
    answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    input: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    input: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
    answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

async function randomNumbers(device: Device, sources: ShaderSources): Promise<SelfTestResult> {
  return onScratch(device, async (memory, readback) => {
    const kernel = await compileKernel(
      device.device,
      sources,
      knownAnswers,
      philoxOverrides(device.info),
    );
    const inputs = memory.allocate("inputs", "other", published.length * 24);
    const words = memory.allocate("words", "other", published.length * 16);
    device.device.queue.writeBuffer(inputs, 0, new Uint32Array(published.flatMap((p) => p.input)));
    const params = packStruct(knownAnswers.params, { count: published.length });
    const uniform = memory.allocateUniform("params", params);
    const group = bind(device.device, kernel, uniform, { inputs, words });
    runOnce(device, kernel.pipeline, group, 1, 1);
    const answers = new Uint32Array(await readback.read(words, 0, published.length * 16));
    const right = published.filter(({ answer }, i) =>
      answer.every((word, j) => answers[4 * i + j] === word),
    ).length;
    return {
      name: "Random numbers",
      passed: right === published.length,
      detail: `${right} of ${published.length} published answers of Philox, to the bit`,
    };
  });
}

async function matrixProduct(
  device: Device,
  sources: ShaderSources,
  card: LinearCard,
): Promise<SelfTestResult> {
  const kernel = await compileKernel(device.device, sources, card);
  const error = await linearError(device, kernel);
  return {
    name: "Matrix product",
    passed: error <= LINEAR_BOUND,
    detail: `largest error ${error.toExponential(1)}, allowed ${LINEAR_BOUND.toExponential(0)}`,
  };
}

const tinyConfig: OptConfig = {
  vocabSize: 24,
  hiddenSize: 12,
  numHiddenLayers: 2,
  ffnDim: 20,
  numAttentionHeads: 3,
  maxPositionEmbeddings: 16,
  wordEmbedProjDim: 12,
  doLayerNormBefore: true,
  hasFinalLayerNorm: true,
  bosTokenId: 2,
  eosTokenId: 2,
  numLabels: null,
};
const tinyIds = [2, 5, 9, 14, 3, 20, 7];
/**
 * Sum of log p over `tinyIds` after the first, by transformers' OPTForCausalLM in double precision
 * with weights 0.25 · z (layer norm weights 1 + 0.25 · z), z = binomial noise of seed 7, step 0.
 */
const TINY_LOG_P = -22.379114936969536;
const LOSS_BOUND = 1e-5;

async function tinyLoss(
  device: Device,
  sources: ShaderSources,
  linear: LinearCard,
): Promise<SelfTestResult> {
  const weights = allocateWeights(device, tinyConfig);
  async function* pieces() {
    for (const { index, elements, name, role } of weights.layout.table) {
      const z = noise("binomial", 7, { step: 0, probe: 0 }, index, 0, elements);
      const middle = role === "norm" && name.endsWith(".weight") ? 1 : 0;
      yield new Uint8Array(z.map((value) => middle + 0.25 * value).buffer);
    }
  }
  try {
    await weights.restore(pieces());
    const option = { ids: tinyIds, optionLength: tinyIds.length - 1 };
    const capacity = { tokens: 16, scored: 16, options: 1, examples: 1 };
    const model = await Model.create({
      device,
      sources,
      weights,
      noise: "binomial",
      capacity,
      linear: onlyKernel(linear),
    });
    const [batch] = packAll([{ row: 0, options: [option], answer: 0 }], capacity);
    const [sum = Number.NaN] = await model.score(batch!);
    model.destroy();
    const error = Math.abs(sum / TINY_LOG_P - 1);
    return {
      name: "Loss of a tiny model",
      passed: error <= LOSS_BOUND,
      detail: `off by ${error.toExponential(1)} of PyTorch's in double precision, allowed ${LOSS_BOUND.toExponential(0)}`,
    };
  } finally {
    weights.destroy();
  }
}

async function onScratch<T>(
  { device }: Device,
  use: (memory: Memory, readback: Readback) => Promise<T>,
): Promise<T> {
  const memory = new Memory(device);
  const readback = new Readback(device);
  try {
    return await use(memory, readback);
  } finally {
    readback.destroy();
    memory.destroy();
  }
}

function runOnce(
  { device }: Device,
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  x: number,
  y: number,
): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(x, y);
  pass.end();
  device.queue.submit([encoder.finish()]);
}
