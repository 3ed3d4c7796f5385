import { beforeAll, describe, expect, test } from "vitest";
import type { Commands } from "#gpu/commands.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { weightPass } from "#gpu/kernels.gen.ts";
import { nodeGpu, readShaders } from "../entry/node/gpu.ts";
import { onlyKernel } from "./linearChoice.ts";
import { linearShared } from "./linearKernels.ts";
import { Model } from "./model.ts";
import { noProbe, type PassPlan } from "./products.ts";
import { oddConfig } from "./testing/configs.ts";
import { allocateWeights } from "./weights.ts";

// Recording needs no GPU.
let device: Device;
beforeAll(async () => {
  device = await openDevice(nodeGpu(["backend=null"]));
});

const config = oddConfig({ num_hidden_layers: 3, word_embed_proj_dim: 20 });

async function withModel<T>(use: (model: Model) => T): Promise<T> {
  const weights = allocateWeights(device, config);
  const model = await Model.create({
    device,
    sources: readShaders(),
    weights,
    noise: "binomial",
    capacity: { tokens: 8, scored: 2, options: 2, examples: 1 },
    linear: onlyKernel(linearShared),
  });
  const found = use(model);
  model.destroy();
  weights.destroy();
  return found;
}

interface Recorded {
  readonly kernel: GPUComputePipeline;
  /** Workgroups along z: 2 if both signs are computed. */
  readonly layers: number;
}

/** The dispatches of a pass over 8 tokens per sign, in order. */
function dispatches(model: Model, plan: PassPlan): Recorded[] {
  const found: Recorded[] = [];
  let kernel: GPUComputePipeline;
  const capture: Commands = {
    setPipeline: (pipeline) => {
      kernel = pipeline;
      return undefined;
    },
    setBindGroup: () => undefined,
    dispatchWorkgroups: (_x, _y, layers = 1) => {
      found.push({ kernel, layers });
      return undefined;
    },
  };
  const none = new Uint32Array(0);
  const batch = {
    tokens: 8,
    scored: 2,
    options: 2,
    examples: 1,
    tokenTable: none,
    scoredTokens: none,
    optionRanges: none,
    exampleRanges: none,
  };
  model.recordProbe(capture, batch, plan);
  return found;
}

/** Names of the dispatched kernels, each with its number of workgroups along z. */
function recorded(plan: PassPlan): Promise<string[]> {
  return withModel((model) =>
    dispatches(model, plan).map(({ kernel, layers }) => `${kernel.label} ${layers}`),
  );
}

/** The pipelines of all weight passes of a pass with so many updates and offsets. */
function passKernels(model: Model, updates: number, offsets: number): Set<GPUComputePipeline> {
  model.setPass({ ...noProbe, update_count: updates, offset_count: offsets });
  const passes = dispatches(model, all).filter(({ kernel }) => kernel.label === weightPass.name);
  return new Set(passes.map(({ kernel }) => kernel));
}

const all: PassPlan = { isProbed: () => true, isUpdated: () => true, sharedBlocks: null };

function count(lines: readonly string[], line: string): number {
  return lines.filter((one) => one === line).length;
}

/** kvq, out, fc1 and fc2 of three blocks; project_in and project_out; the head. */
const products = 3 * 4 + 2 + 1;

describe("a pass over both signs", () => {
  test("multiplies by W+ and W- of a perturbed matrix in one dispatch", async () => {
    const lines = await recorded(all);
    expect(count(lines, `${linearShared.name} 2`)).toBe(products);
    expect(count(lines, `${linearShared.name} 1`)).toBe(0);
    // The vectors, and the position table, whose update is written after its rows are looked up.
    expect(count(lines, `${weightPass.name} 1`)).toBe(products + 2);
  });

  test("multiplies the rows of both signs at once in a block that is not perturbed", async () => {
    const some: PassPlan = {
      isProbed: ({ stage }) => stage !== 1,
      isUpdated: () => false,
      sharedBlocks: null,
    };
    const lines = await recorded(some);
    expect(count(lines, `${linearShared.name} 2`)).toBe(products - 4);
    expect(count(lines, `${linearShared.name} 1`)).toBe(4);
    expect(count(lines, `${weightPass.name} 1`)).toBe(products - 4 + 1);
  });

  test("uses the weight pass without loops for at most one update and no offset", async () => {
    await withModel((model) => {
      const one = passKernels(model, 1, 0);
      const any = passKernels(model, 2, 0);
      expect(one.size).toBe(1);
      expect(any.size).toBe(1);
      expect([...any][0]).not.toBe([...one][0]);
      expect([...passKernels(model, 0, 0)][0]).toBe([...one][0]);
      expect([...passKernels(model, 1, 1)][0]).toBe([...any][0]);
    });
  });
});
