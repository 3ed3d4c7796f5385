import { bytesText } from "#base/text.ts";
import type { MemoryKind } from "#gpu/memory.ts";
import { planMemory } from "#run/memory/memoryPlan.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { methodCases } from "./cases.ts";
import { type BenchPlace, configOf, examplesOf, modelOn, randomWeights } from "./model.ts";
import { printTable } from "./table.ts";

/* What does each method take on the GPU, and is it what was planned? */

const kinds: readonly MemoryKind[] = ["weights", "scratch", "activations", "snapshot", "other"];

/** @param args hidden size, layers, vocabulary */
export async function memoryBench(
  { device, sources, linear, print }: BenchPlace,
  args: readonly string[],
): Promise<unknown> {
  const [hidden = 256, layers = 4, vocab = 8192] = args.map(Number);
  const config = configOf(hidden, layers, vocab);
  const examples = examplesOf(16 * 32, 32, vocab);
  const weights = await randomWeights(device, config);
  const { weights: weightBytes } = weights.memory.bytesByKind();
  const results = [];
  for (const { name, settings: given } of methodCases) {
    const settings = resolveSettings({ ...given, batchSize: 16, steps: 100 });
    const model = await modelOn(device, weights, examples, linear, sources);
    await prepareMasks(model, settings);
    const stepper = new Stepper(model, settings, examples, []);
    for (let i = 0; i < 2; i++) {
      await stepper.enqueueNext();
    }
    await stepper.collect();
    stepper.flush();
    const plan = planMemory(config, model.layout, model.capacity, settings);
    const actual = { ...model.memory.bytesByKind(), weights: weightBytes };
    results.push({ name, planned: plan.bytes, actual });
    model.destroy();
  }
  print(
    `Bytes on the GPU, planned = actual unless said (${hidden} wide, ${layers} blocks, ${vocab} ids).`,
  );
  printTable(
    ["method", ...kinds, "beside weights"],
    results.map(({ name, planned, actual }) => [
      name,
      ...kinds.map((kind) =>
        planned[kind] === actual[kind]
          ? bytesText(actual[kind])
          : `${bytesText(actual[kind])} (planned ${bytesText(planned[kind])})`,
      ),
      bytesText(kinds.slice(1).reduce((sum, kind) => sum + actual[kind], 0)),
    ]),
    print,
  );
  return { adapter: device.info.description, hidden, layers, vocab, results };
}
