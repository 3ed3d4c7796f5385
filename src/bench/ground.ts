import type { WeightDtype } from "#base/storage.ts";
import type { EncodedExample } from "#data/task.ts";
import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import type { OptModel } from "#model/opt.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { modelOn, randomWeights } from "./model.ts";

export { configOf, examplesOf } from "./model.ts";

/** A model with random weights. */
export async function randomModel(
  device: Device,
  config: OptConfig,
  examples: readonly EncodedExample[],
  linear: LinearChoice,
  dtype: WeightDtype = "f32",
): Promise<OptModel> {
  const loaded = await randomWeights(device, config, dtype);
  return modelOn(device, loaded, examples, linear, readShaders());
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
