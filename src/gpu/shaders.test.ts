import { describe, expect, test } from "vitest";
import { nodeGpu, readShaders } from "../entry/node/gpu.ts";
import { kernelCards, readGenerated } from "../tools/kernelCards.ts";
import type { Card } from "./card.ts";
import { compileKernel } from "./kernel.ts";
import {
  attention,
  attentionCached,
  kernels,
  layerNorm,
  weightPass,
  weightPassWhole,
} from "./kernels.gen.ts";
import { linkShader } from "./wgsl.ts";

const shaders = readShaders();

// The browser's own compiler without a GPU. No limit is raised: every kernel must do with what each
// WebGPU device grants (8 storage buffers, 256 threads a workgroup, 16 KiB of workgroup memory).
const adapter = await nodeGpu(["backend=null"]).requestAdapter();
const optional = [...new Set(kernels.flatMap(({ features }) => features))];
const device = await adapter!.requestDevice({
  requiredFeatures: optional.filter((name) => adapter!.features.has(name)),
});

/** Values of a kernel's overrides that it is used with, or may be by a measurement. */
function variants({ name, overrides }: Card): Readonly<Record<string, number>>[] {
  const few: Record<string, readonly number[]> = {
    [attention.name]: [4, 8],
    [attentionCached.name]: [8, 16],
    [weightPass.name]: [16, 64, 128],
    [weightPassWhole.name]: [16, 64],
  };
  const all: Record<string, readonly number[]> = {
    WORKGROUP_SIZE: few[name] ?? [32, 64, 128, 256],
    NOISE_KIND: [0, 1, 2],
    STORAGE: [0, 1, 2],
    ACCUMULATES: [0, 1],
    KIND: [0, 1, 2],
    ONE_SIDED: [0, 1],
    ONE_TERM: [0, 1],
    SHIFTS_BY_FLOATS: [0, 1],
    HEAD_WIDTH: [1, 12, 64, 80, 128],
  };
  return Object.keys(overrides).reduce<Record<string, number>[]>(
    (sets, key) => sets.flatMap((set) => all[key]!.map((value) => ({ ...set, [key]: value }))),
    [{}],
  );
}

test("kernels.gen.ts is up to date with the shaders; `npm run kernels` writes it", () => {
  expect(readGenerated()).toBe(kernelCards(shaders));
});

test("no two kernels have the same name", () => {
  const names = kernels.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("every file of shaders/lib is included by some kernel", () => {
  const linked = new Set(kernels.flatMap(({ file }) => [...linkShader(shaders, file).files]));
  expect([...linked].sort()).toEqual([...shaders.keys()].sort());
});

test("the compiler without a GPU has every optional feature that a kernel needs", () => {
  expect([...device.features]).toEqual(expect.arrayContaining(optional));
});

describe.each(kernels.map((card) => [card.file, card] as const))("%s", (_, card) => {
  const isSupported = card.features.every((feature) => device.features.has(feature));

  test.skipIf(!isSupported)(
    "compiles within the default limits, with all its overrides",
    async () => {
      for (const overrides of variants(card)) {
        await expect(compileKernel(device, shaders, card, overrides)).resolves.toMatchObject({
          card,
        });
      }
    },
  );

  test("binds at most 8 storage buffers, the default limit", () => {
    const storage = Object.values(card.bindings).filter((access) => access !== "uniform");
    expect(storage.length).toBeLessThanOrEqual(8);
  });
});

describe("generating cards rejects a shader", () => {
  const params =
    "struct Params { count: u32 }\n@group(0) @binding(0) var<uniform> params: Params;\n";
  const main = "@compute @workgroup_size(1)\nfn main() {\n}\n";
  const generate = (text: string) => kernelCards(new Map([["zo/tried.wgsl", text]]));

  test("with another entry point than main", () => {
    expect(generate(params + main)).toContain('name: "tried"');
    expect(() => generate(params + main.replace("main", "other"))).toThrow(
      "zo/tried.wgsl: has the entry points other, not main alone",
    );
  });

  test("without a uniform params at binding 0", () => {
    const storage = params.replace("<uniform>", "<storage, read>");
    expect(() => generate(storage + main)).toThrow("has no uniform params at binding 0");
  });

  test("with a gap in its bindings, or a binding in another group", () => {
    const x = "@group(0) @binding(2) var<storage, read> x: array<f32>;\n";
    expect(() => generate(params + x + main)).toThrow("binds x at 2, but 1 is the next free");
    const y = "@group(1) @binding(1) var<storage, read> y: array<f32>;\n";
    expect(() => generate(params + y + main)).toThrow("binds y in group 1, not 0");
  });

  test("with a struct for the host that has other fields than u32 and f32", () => {
    const vector = params.replace("count: u32", "count: vec2u");
    expect(() => generate(vector + main)).toThrow("Params.count is vec2u");
  });
});

test("a kernel whose card binds a buffer read-only that the shader writes is rejected", async () => {
  const card = { ...layerNorm, bindings: { ...layerNorm.bindings, y: "read" as const } };
  await expect(compileKernel(device, shaders, card)).rejects.toMatchObject({
    code: "E-GPU-5",
    message: expect.stringContaining("layer_norm.wgsl"),
  });
});

test("a shader with a syntax error is rejected with its file and the compiler's message", async () => {
  const broken = new Map([...shaders, [layerNorm.file, "fn main( {"]]);
  await expect(compileKernel(device, broken, layerNorm)).rejects.toMatchObject({
    code: "E-GPU-5",
    message: expect.stringMatching(/\/layer_norm\.wgsl could not be built.*expected/s),
  });
});
