import { type Counts, countCalls } from "#gpu/counts.ts";
import { openDevice } from "#gpu/device.ts";
import { onlyKernel } from "#model/linearChoice.ts";
import { linearShared } from "#model/linearKernels.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { nodeGpu } from "../entry/node/gpu.ts";
import { methodCases } from "./cases.ts";
import { median } from "./median.ts";
import { configOf, examplesOf, randomModel } from "./randomModel.ts";
import { printTable } from "./table.ts";

/*
 * What does a step cost the host? Dawn's null backend takes every command and runs none, so that all
 * processor time is ours and Dawn's: planning, packing, recording, validation. OPT-125m's blocks, with
 * a smaller vocabulary, since the null device ends at 512 MiB.
 */

const steps = 100;
const atOnce = 20;
const repeats = 7;

export async function hostBench(): Promise<unknown> {
  const device = await openDevice(nodeGpu(["backend=null"]));
  const counts = countCalls(device.device);
  const config = configOf(768, 12, 20_000);
  const examples = examplesOf(32 * 16 * 4, 32, config.vocabSize);
  const model = await randomModel(device, config, examples.slice(0, 16), onlyKernel(linearShared));
  const results = [];
  // A copy of the weights would not fit the null device beside them.
  const cases = methodCases.filter(({ settings }) => settings["snapshot"] !== "copy");
  for (const { name, settings: given } of cases) {
    const settings = resolveSettings({ ...given, batchSize: 16, steps: 100_000 });
    await prepareMasks(model, settings);
    // Nothing is computed, so nothing can be collected: every group of steps has a stepper of its own.
    const group = async () => {
      const stepper = new Stepper(model, settings, examples, []);
      if (stepper.isNextLong) await stepper.enqueueNext();
      const before = process.cpuUsage();
      for (let i = 0; i < atOnce && !stepper.isNextLong; i++) stepper.enqueue();
      await model.readback.read(model.buffers.ring, 0, atOnce * 512);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / atOnce;
    };
    await group();
    const times: number[] = [];
    const start = { ...counts };
    for (let i = 0; i < (repeats * steps) / atOnce; i++) times.push(await group());
    const perSteps = (name: keyof Counts) => Math.round((counts[name] - start[name]) / repeats);
    const made = { buffers: perSteps("buffers"), bindGroups: perSteps("bindGroups") };
    const asked = { submits: perSteps("submits"), mapAsyncs: perSteps("mapAsyncs") };
    results.push({
      name,
      leastMs: Math.min(...times),
      medianMs: median(times),
      ...asked,
      ...made,
      writes: perSteps("writes"),
    });
  }
  model.destroy();
  print(results);
  return { adapter: "Dawn's null backend", steps, atOnce, results };
}

function print(
  results: readonly (Readonly<Record<string, number | string>> &
    Readonly<Record<"leastMs" | "medianMs", number>>)[],
): void {
  console.log(
    `Processor time of the host per step, and calls in ${steps} steps, ${atOnce} at once.`,
  );
  const names = ["submits", "mapAsyncs", "buffers", "bindGroups", "writes"];
  printTable(
    ["method", "host ms per step: least", "median", ...names],
    results.map((row) => [
      String(row["name"]),
      row.leastMs.toFixed(2),
      row.medianMs.toFixed(2),
      ...names.map((name) => String(row[name])),
    ]),
  );
}
