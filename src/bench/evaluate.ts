import { packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import { evaluationPass } from "#model/products.ts";
import { evaluate } from "#run/evaluation/evaluation.ts";
import { evaluationCapacity } from "#run/memory/capacity.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { median } from "./median.ts";
import { configOf, examplesOf, randomModel } from "./randomModel.ts";
import { printTable } from "./table.ts";

/*
 * What does an evaluation cost beside the forward passes it consists of? The time of evaluate() divided
 * by that of the same packed batches run bare, one after another, with one wait at the end. Both take
 * turns within one run, and the ratio is the median over the turns; at most 1.05 is wanted.
 */

const rowsInAll = 256;
const tokensEach = 32;
/** Rows a packed batch holds: few make the waits between batches show. */
const batchRows = [4, 16, 64] as const;
const turns = 7;

/** @param args hidden size, layers, vocabulary; small by default, since processors emulate slowly */
export async function evaluateBench(args: readonly string[]): Promise<unknown> {
  const [hidden = 128, layers = 4, vocab = 1024] = args.map(Number);
  const device = await openNodeDevice();
  const linear = chooseLinear(device, "f32");
  const examples = examplesOf(rowsInAll * tokensEach, tokensEach, vocab);
  const results = [];
  for (const rows of batchRows) {
    // An evaluation packs twice as many rows as a step has: it runs one sign.
    const sized = examples.slice(0, rows / 2);
    const model = await randomModel(device, configOf(hidden, layers, vocab), sized, linear);
    const batches = packAll(examples, evaluationCapacity(model.capacity)).length;
    const times = await takeTurns(model, examples);
    results.push({ rows, batches, ...times });
    console.error(rows, times);
    model.destroy();
  }
  console.log(
    `evaluate() divided by its bare forward passes, ${rowsInAll} rows of ${tokensEach} tokens ` +
      `(${hidden} wide, ${layers} blocks, ${vocab} ids, ${device.info.description}).`,
  );
  printTable(
    ["rows a batch", "batches", "bare passes", "evaluate()", "ratio"],
    results.map(({ rows, batches, bareMs, evaluateMs, ratio }) => [
      String(rows),
      String(batches),
      `${bareMs.toFixed(1)} ms`,
      `${evaluateMs.toFixed(1)} ms`,
      ratio.toFixed(3),
    ]),
  );
  return { adapter: device.info.description, hidden, layers, vocab, results };
}

async function takeTurns(model: Model, examples: readonly EncodedExample[]) {
  await bareForwards(model, examples);
  await evaluate(model, examples);
  const bare: number[] = [];
  const whole: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    // Each goes first in every other turn, so that neither always finds the warmer machine.
    const isBareFirst = turn % 2 === 0;
    if (isBareFirst) bare.push(await timeOf(() => bareForwards(model, examples)));
    whole.push(await timeOf(() => evaluate(model, examples)));
    if (!isBareFirst) bare.push(await timeOf(() => bareForwards(model, examples)));
  }
  const ratio = median(whole.map((time, i) => time / bare[i]!));
  return { bareMs: median(bare), evaluateMs: median(whole), ratio };
}

/** The evaluation's batches over the weights as they are: one forward pass each and nothing else. */
async function bareForwards(model: Model, examples: readonly EncodedExample[]): Promise<void> {
  for (const batch of packAll(examples, evaluationCapacity(model.capacity))) {
    model.setBatch(batch, 1, { probe: 0, accumulates: false, perToken: false });
    model.probe(batch, evaluationPass, "theta", 1);
  }
  await model.readback.read(model.buffers.lossSums, 0, 8);
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
