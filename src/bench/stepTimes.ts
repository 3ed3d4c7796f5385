import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { methodCases } from "./cases.ts";
import { median } from "./median.ts";
import { type BenchPlace, configOf, examplesOf, modelOn, randomWeights } from "./model.ts";
import { printTable } from "./table.ts";

/* How long does a step of each method take, and where does its time go by the GPU's own clock? */

const warmUp = 4;
const steps = 12;
const tokens = 128;

/** @param args hidden size, layers, vocabulary */
export async function stepTimesBench(
  { device, sources, linear, print }: BenchPlace,
  args: readonly string[],
): Promise<unknown> {
  const [hidden = 192, layers = 4, vocab = 1024] = args.map(Number);
  const examples = examplesOf(tokens, 32, vocab);
  const weights = await randomWeights(device, configOf(hidden, layers, vocab));
  const model = await modelOn(device, weights, examples, linear, sources);
  const results = [];
  for (const { name, settings: given } of methodCases) {
    const settings = resolveSettings({ ...given, batchSize: examples.length, steps: 1000 });
    await prepareMasks(model, settings);
    const stepper = new Stepper(model, settings, examples, []);
    const times: number[] = [];
    while (times.length < warmUp + steps) {
      if (stepper.isNextLong) {
        await stepper.enqueueNext();
        await stepper.collect();
      }
      const started = performance.now();
      stepper.enqueue();
      await stepper.collect();
      times.push(performance.now() - started);
    }
    stepper.flush();
    const counted = times.slice(warmUp);
    results.push({ name, medianMs: median(counted), parts: stepper.timing?.parts ?? null });
  }
  model.destroy();
  weights.destroy();
  print(`Milliseconds of a step, ${tokens} tokens per sign (${hidden} wide, ${layers} blocks).`);
  printTable(
    ["method", "median of steps", "weight pass", "products", "attention", "loss and rest"],
    results.map(({ name, medianMs, parts }) => [
      name,
      medianMs.toFixed(1),
      ...(["weightPass", "products", "attention", "rest"] as const).map((part) =>
        parts ? parts[part].toFixed(1) : "no clock",
      ),
    ]),
    print,
  );
  return { hidden, layers, vocab, tokens, results };
}
