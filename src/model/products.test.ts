import { beforeAll, describe, expect, test } from "vitest";
import type { Commands } from "#gpu/commands.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { nodeGpu, readShaders } from "../entry/node/gpu.ts";
import { linearShared, weightPass } from "./kernels.ts";
import { onlyKernel } from "./linearChoice.ts";
import { makeRoomForWeights, OptModel } from "./opt.ts";
import type { PassPlan } from "./products.ts";
import { oddConfig } from "./testing/configs.ts";

// No GPU is needed to see what is recorded.
let device: Device;
beforeAll(async () => {
  device = await openDevice(nodeGpu(["backend=null"]));
});

const config = oddConfig({ num_hidden_layers: 3, word_embed_proj_dim: 20 });

/** Kernels and their layers of workgroups, in the order of a pass over 8 tokens of either sign. */
async function recorded(plan: PassPlan): Promise<string[]> {
  const loaded = makeRoomForWeights(device, config);
  const model = await OptModel.create({
    ...{ device, sources: readShaders(), loaded, noise: "binomial" },
    ...{ capacity: { tokens: 8, scored: 2, options: 2, examples: 1 } },
    linear: onlyKernel(linearShared),
  });
  const lines: string[] = [];
  let kernel = "";
  const capture: Commands = {
    setPipeline: ({ label }) => {
      kernel = label;
      return undefined;
    },
    setBindGroup: () => undefined,
    dispatchWorkgroups: (_x, _y, z = 1) => {
      lines.push(`${kernel} ${z}`);
      return undefined;
    },
  };
  const none = new Uint32Array(0);
  const batch = {
    ...{ tokens: 8, scored: 2, options: 2, examples: 1, rows: none, scoredRows: none },
    ...{ optionRanges: none, exampleRanges: none },
  };
  model.recordProbe(capture, batch, plan);
  model.destroy();
  loaded.destroy();
  return lines;
}

function count(lines: readonly string[], line: string): number {
  return lines.filter((one) => one === line).length;
}

/** k with v and q, out, fc1 and fc2 of three blocks; project_in and project_out; the head. */
const products = 3 * 4 + 2 + 1;

describe("a pass over both signs", () => {
  test("multiplies by W+ and W- of a perturbed matrix in one dispatch of two layers", async () => {
    const all = { isProbed: () => true, isUpdated: () => true, sharedBlocks: null };
    const lines = await recorded(all);
    expect(count(lines, `${linearShared.name} 2`)).toBe(products);
    expect(count(lines, `${linearShared.name} 1`)).toBe(0);
    // The vectors at once, and position rows, whose update is written where they are looked up.
    expect(count(lines, `${weightPass.name} 1`)).toBe(products + 2);
  });

  test("multiplies all rows at once where a block is not perturbed", async () => {
    const some: PassPlan = {
      isProbed: ({ block }) => block !== 1,
      isUpdated: () => false,
      sharedBlocks: null,
    };
    const lines = await recorded(some);
    expect(count(lines, `${linearShared.name} 2`)).toBe(products - 4);
    expect(count(lines, `${linearShared.name} 1`)).toBe(4);
    expect(count(lines, `${weightPass.name} 1`)).toBe(products - 4 + 1);
  });
});
