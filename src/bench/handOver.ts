import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { methodCases } from "./cases.ts";
import { type BenchPlace, configOf, examplesOf, modelOn, randomWeights } from "./model.ts";
import { spreadOf } from "./rounds.ts";
import { toPlainStep } from "./steps.ts";
import { printTable } from "./table.ts";

/*
 * How long is the thread that hands a step over busy with it? In a browser that is planning, packing,
 * and writing each call to the wire of the process that owns the GPU; `host` asks the same of Dawn's
 * bindings for Node. One step at a time, so that the GPU's work on the step before, which here takes
 * the same cores, is over.
 */

const rows = 16;
/** Few: a browser that emulates a GPU computes every step it is timed with. */
const rowTokens = 8;
const layers = 12;
/** As narrow as can be: a block's dispatches are OPT-125m's, with little work in each. */
const hidden = 16;
const vocab = 1024;
const warmUp = 5;
const groups = 10;
/** Browsers tell the time to 0.1 ms. */
const stepsOfGroup = 5;

export async function handOverBench({
  device,
  sources,
  linear,
  print,
}: BenchPlace): Promise<unknown> {
  const examples = examplesOf(4 * rows * rowTokens, rowTokens, vocab);
  const weights = await randomWeights(device, configOf(hidden, layers, vocab));
  const results = [];
  // Keeping the snapshot as a copy hands over what keeping it as deltas does.
  for (const { name, settings: given } of methodCases.slice(0, 4)) {
    const model = await modelOn(device, weights, examples.slice(0, rows), linear, sources);
    const settings = resolveSettings({ ...given, batchSize: rows, steps: 100_000 });
    await prepareMasks(model, settings);
    const stepper = new Stepper(model, settings, examples, []);
    for (let i = 0; i < warmUp; i++) await handOver(stepper);
    const before = model.dispatches;
    const times: number[] = [];
    for (let i = 0; i < groups; i++) {
      let spent = 0;
      for (let step = 0; step < stepsOfGroup; step++) spent += await handOver(stepper);
      times.push(spent / stepsOfGroup);
    }
    const dispatches = Math.round((model.dispatches - before) / (groups * stepsOfGroup));
    results.push({ name, dispatches, leastMs: Math.min(...times), spread: spreadOf(times) });
    model.destroy();
  }
  weights.destroy();
  print(
    `Milliseconds the thread is busy handing a step over, ${groups} means of ${stepsOfGroup} steps ` +
      `(${layers} blocks as OPT-125m has, but one tile of logits to its ten; ${rows} rows of ` +
      `${rowTokens} tokens).`,
  );
  printTable(
    ["method", "dispatches a step", "least", "median", "quartiles"],
    results.map(({ name, dispatches, leastMs, spread: { median, lower, upper } }) => [
      name,
      String(dispatches),
      leastMs.toFixed(2),
      median.toFixed(2),
      `${lower.toFixed(2)}–${upper.toFixed(2)}`,
    ]),
    print,
  );
  return { adapter: device.info.description, layers, rows, rowTokens, results };
}

/** What a step took this thread until it was handed over; it is then waited for. Anchors are left out. */
async function handOver(stepper: Stepper): Promise<number> {
  await toPlainStep(stepper);
  const started = performance.now();
  stepper.enqueue();
  const spent = performance.now() - started;
  await stepper.collect();
  return spent;
}
