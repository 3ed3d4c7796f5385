import { beforeAll, expect, test } from "vitest";
import { type Device, openDevice } from "#gpu/device.ts";
import { nodeGpu } from "../entry/node/gpu.ts";
import { oddConfig } from "./testing/configs.ts";
import { randomWeights, tensorsOf } from "./testing/randomWeights.ts";
import { allocateWeights } from "./weights.ts";

// Dawn without a GPU: weights are rejected before anything is computed.
let device: Device;
beforeAll(async () => {
  device = await openDevice(nodeGpu(["backend=null"]));
});

const name = "model.decoder.layers.1.fc1.weight";

async function load(value: number, dtype: "f32" | "f16"): Promise<void> {
  const config = oddConfig();
  const values = randomWeights(config);
  values.get(name)!.fill(value, 5, 8);
  const weights = allocateWeights(device, config, dtype);
  await weights.load(tensorsOf(config, values));
}

test("weights too large for f16 are rejected with their tensor and number, and load as f32", async () => {
  await expect(load(-70_000, "f16")).rejects.toMatchObject({
    code: "E-FILE-10",
    message: `The tensor "${name}" holds 3 weights beyond 65504, the largest number of f16, so the model was not loaded. Store the weights as f32 instead.`,
  });
  await load(65_519, "f16");
  await load(-70_000, "f32");
});

test("weights that are not finite are rejected for every dtype", async () => {
  for (const dtype of ["f32", "f16"] as const) {
    await expect(load(Number.NaN, dtype)).rejects.toMatchObject({ code: "E-FILE-3" });
  }
});
