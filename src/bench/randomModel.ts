import type { WeightDtype } from "#base/dtype.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import type { Model } from "#model/model.ts";
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
): Promise<Model> {
  const weights = await randomWeights(device, config, dtype);
  return modelOn(device, weights, examples, linear, readShaders());
}
