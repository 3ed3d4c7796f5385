import { type PackedBatch, packAll } from "#data/examples/packing.ts";
import type { Commands } from "#gpu/commands.ts";
import type { Device } from "#gpu/device.ts";
import { Memory } from "#gpu/memory.ts";
import { toKernelRecord } from "#model/linearChoice.ts";
import { linearCards } from "#model/linearKernels.ts";
import type { Model } from "#model/model.ts";
import { evaluationPass, noProbe } from "#model/products.ts";
import type { ProductSize } from "#session/linearBench.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { median } from "./median.ts";
import { type Clock, clockFor } from "./processorTime.ts";
import {
  compileLinears,
  filledBuffers,
  operationsOf,
  suits,
  type Timed,
  timedProduct,
} from "./products.ts";
import { configOf, examplesOf, randomModel } from "./randomModel.ts";
import { printTable } from "./table.ts";

/*
 * How much of a forward pass of OPT-125m is matrix products at full speed? Operations of its products
 * by its time, divided by the best rate that any kernel reaches on one of those products, all in one
 * run; and where the rest goes, kernel by kernel.
 */

const repeats = 5;
/** A block is like the next; a processor takes seconds for two. */
const softwareLayers = 2;
/** Kernels slower than this share of the best at a first try are not measured further. */
const PROMISING = 0.7;

/** @param args numbers of tokens; 512 if none are given */
export async function forwardBench(args: readonly string[]): Promise<unknown> {
  const device = await openNodeDevice();
  const clock = clockFor(device.info);
  const layers = device.info.isSoftware ? softwareLayers : 12;
  const results = [];
  for (const tokens of args.length > 0 ? args.map(Number) : [512]) {
    results.push(await measure(device, clock, tokens, layers));
  }
  const { description } = device.info;
  console.log(
    `Forward passes of OPT-125m with ${layers} of its 12 blocks, medians of ${repeats}, ` +
      `${clock.meaning} (${description}).`,
  );
  printTable(
    ["tokens", "scored", "forward", "tokens/s", "products", "best product", "share of the best"],
    results.map((one) => [
      String(one.tokens),
      String(one.scored),
      `${one.forwardMs.toFixed(1)} ms`,
      ((one.tokens / one.forwardMs) * 1000).toFixed(0),
      `${one.gflops.toFixed(1)} GFLOP/s`,
      `${one.best.gflops.toFixed(1)} GFLOP/s, ${one.best.kernel} on ${one.best.product}`,
      `${(100 * one.share).toFixed(0)} %`,
    ]),
  );
  for (const { tokens, kernels } of results) {
    console.log(`\nKernel by kernel at ${tokens} tokens, each dispatch waited for:`);
    const whole = kernels.reduce((sum, { ms }) => sum + ms, 0);
    printTable(
      ["kernel", "dispatches", "ms", "share"],
      kernels.map(({ name, dispatches, ms }) => [
        name,
        String(dispatches),
        ms.toFixed(1),
        `${((100 * ms) / whole).toFixed(1)} %`,
      ]),
    );
  }
  return { adapter: description, clock: clock.meaning, layers, repeats, results };
}

async function measure(device: Device, clock: Clock, wanted: number, layers: number) {
  const config = configOf(768, layers, 50272);
  const linear = chooseLinear(device, "f32");
  const examples = examplesOf(wanted, 32, config.vocabSize);
  const model = await randomModel(device, config, examples, linear);
  const [batch] = packAll(examples, model.capacity);
  if (!batch) throw new Error("There are no rows to run on.");
  const { tokens, scored } = batch;
  model.setPass(noProbe);
  model.setBatch(batch, 1, { probe: 0, accumulates: false, perToken: false });
  const products = productsOf(model, tokens, scored);
  const operations = products.reduce((sum, { size, count }) => sum + count * operationsOf(size), 0);
  const memory = new Memory(device.device);
  const timed = await promising(device, memory, clock, products);
  const rates = timed.map(() => [] as number[]);
  const times: number[] = [];
  await forward(device, model, batch, clock);
  for (let i = 0; i < repeats; i++) {
    times.push(await forward(device, model, batch, clock));
    for (const [j, { measure: once }] of timed.entries()) rates[j]!.push(await once());
    console.error(`${tokens} tokens: ${i + 1} of ${repeats}`);
  }
  const best = timed
    .map(({ card, product }, j) => ({ kernel: card.name, product, gflops: median(rates[j]!) }))
    .reduce((a, b) => (b.gflops > a.gflops ? b : a));
  const kernels = await kernelByKernel(device, model, batch, clock);
  memory.destroy();
  model.destroy();
  const forwardMs = median(times);
  const gflops = operations / forwardMs / 1e6;
  return {
    tokens,
    scored,
    operations,
    forwardMs,
    times,
    gflops,
    best,
    share: gflops / best.gflops,
    chosen: toKernelRecord(linear),
    rates: timed.map(({ card }, j) => [card.name, rates[j]]),
    kernels,
  };
}

interface Product {
  readonly name: string;
  readonly size: ProductSize;
  readonly count: number;
}

function productsOf({ config, layout }: Model, tokens: number, scored: number): Product[] {
  const { hiddenSize: C, ffnDim: F, numHiddenLayers: count, vocabSize } = config;
  const tile = Math.min(layout.headTileRows, vocabSize);
  return [
    { name: "k, v and q", size: { rows: tokens, inner: C, outer: 3 * C }, count },
    { name: "out", size: { rows: tokens, inner: C, outer: C }, count },
    { name: "fc1", size: { rows: tokens, inner: C, outer: F }, count },
    { name: "fc2", size: { rows: tokens, inner: F, outer: C }, count },
    { name: "head", size: { rows: scored, inner: C, outer: tile }, count: vocabSize / tile },
  ];
}

/** Every kernel on every product that it may be the best on, warmed up. */
async function promising(
  device: Device,
  memory: Memory,
  clock: Clock,
  products: readonly Product[],
): Promise<readonly (Timed & { readonly product: string })[]> {
  const kernels = await compileLinears(device, linearCards);
  const all = [];
  for (const { name: product, size } of products) {
    const buffers = filledBuffers(device, memory, size);
    const first = [];
    for (const kernel of kernels.filter((candidate) => suits(candidate, size))) {
      const timed = await timedProduct(device, memory, kernel, size, clock, buffers);
      first.push({ ...timed, product, gflops: await timed.measure() });
    }
    const best = Math.max(...first.map(({ gflops }) => gflops));
    all.push(...first.filter(({ gflops }) => gflops >= PROMISING * best));
  }
  return all;
}

async function forward(
  { device: { queue } }: Device,
  model: Model,
  batch: PackedBatch,
  clock: Clock,
): Promise<number> {
  const started = clock.now();
  model.probe(batch, evaluationPass, "theta", 1);
  await queue.onSubmittedWorkDone();
  return clock.now() - started;
}

/** Milliseconds by kernel: every dispatch of a forward pass by itself. */
async function kernelByKernel(
  { device }: Device,
  model: Model,
  batch: PackedBatch,
  clock: Clock,
): Promise<{ name: string; dispatches: number; ms: number }[]> {
  const recorded: ((pass: GPUComputePassEncoder) => string)[] = [];
  let pipeline: GPUComputePipeline;
  let group: GPUBindGroup | null | undefined;
  const capture: Commands = {
    setPipeline: (next) => {
      pipeline = next;
      return undefined;
    },
    setBindGroup: (_: number, next: GPUBindGroup | null | undefined) => {
      group = next;
      return undefined;
    },
    dispatchWorkgroups: (x, y, z) => {
      const [used, bound] = [pipeline, group];
      recorded.push((pass) => {
        pass.setPipeline(used);
        pass.setBindGroup(0, bound);
        pass.dispatchWorkgroups(x, y, z);
        return used.label;
      });
      return undefined;
    },
  };
  model.recordProbe(capture, batch, evaluationPass, "theta", 1);
  const found = new Map<string, { name: string; dispatches: number; ms: number }>();
  for (const record of recorded) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const name = record(pass);
    pass.end();
    const started = clock.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    const before = found.get(name) ?? { name, dispatches: 0, ms: 0 };
    const ms = before.ms + clock.now() - started;
    found.set(name, { name, dispatches: before.dispatches + 1, ms });
  }
  return [...found.values()].sort((a, b) => b.ms - a.ms);
}
