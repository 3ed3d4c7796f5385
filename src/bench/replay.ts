import { replay } from "#run/step/replay.ts";
import type { JournalStep } from "#run/store/journal.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { methodCases } from "./cases.ts";
import { type BenchPlace, configOf, examplesOf, modelOn, randomWeights } from "./model.ts";
import { printTable } from "./table.ts";

/* How many steps a second does a journal replay, and how does that compare with taking them? */

const steps = 128;
const repeats = 5;

/** @param args hidden size, layers, vocabulary */
export async function replayBench(
  { device, sources, linear, print }: BenchPlace,
  args: readonly string[],
): Promise<unknown> {
  const [hidden = 192, layers = 4, vocab = 1024] = args.map(Number);
  const config = configOf(hidden, layers, vocab);
  const weights = await randomWeights(device, config);
  const model = await modelOn(device, weights, examplesOf(32, 32, vocab), linear, sources);
  const results = [];
  // Sparse-MeZO and MeZO-SVRG replay as MeZO does, with a compare or a second term for each weight.
  for (const { name, settings: given } of methodCases.slice(0, 3)) {
    const settings = resolveSettings({ ...given, steps });
    const journal = Array.from({ length: steps }, (_, i): JournalStep => {
      const losses = { lossPlus: 1, lossMinus: 1, projectedGrad: 1, learningRate: 1e-6 };
      const spent = { tokens: 32, forwardPasses: 2, milliseconds: 1 };
      return { step: i + 1, ...losses, coefficients: new Float32Array([1e-7]), flags: 0, ...spent };
    });
    const rates: number[] = [];
    for (let i = 0; i <= repeats; i++) {
      const started = performance.now();
      await replay(model, settings, journal);
      rates.push((1000 * steps) / (performance.now() - started));
    }
    rates.shift();
    results.push({ name, rates: rates.sort((a, b) => a - b) });
  }
  print(`Steps replayed a second (${hidden} wide, ${layers} blocks, ${vocab} ids).`);
  printTable(
    ["method", "median", "range"],
    results.map(({ name, rates }) => [
      name,
      rates[Math.floor(rates.length / 2)]!.toFixed(0),
      `${rates[0]!.toFixed(0)}–${rates.at(-1)!.toFixed(0)}`,
    ]),
    print,
  );
  return { adapter: device.info.description, hidden, layers, vocab, results };
}
