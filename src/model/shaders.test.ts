import { beforeAll, describe, expect, test } from "vitest";
import type { Card } from "#gpu/card.ts";
import { compileKernel } from "#gpu/kernel.ts";
import { linkShader } from "#gpu/wgsl.ts";
import { nodeGpu, readShaders } from "../entry/node/gpu.ts";
import {
  attention,
  attentionCached,
  cards,
  layerNorm,
  linearQuad,
  weightPass,
  weightPassWhole,
} from "./kernels.ts";
import { cardProblems } from "./testing/cardProblems.ts";

const shaders = readShaders();
const kernelFiles = [...shaders.keys()].filter((file) => !file.startsWith("lib/"));

// The browser's own compiler without a GPU. No limit is raised: what every WebGPU device grants must do
// (8 storage buffers, 256 threads a workgroup, 16 KiB of workgroup memory).
let device: GPUDevice;
beforeAll(async () => {
  const adapter = await nodeGpu(["backend=null"]).requestAdapter();
  const optional = cards.flatMap(({ features = [] }) => features);
  device = await adapter!.requestDevice({
    requiredFeatures: [...new Set(optional)].filter((name) => adapter!.features.has(name)),
  });
});

/** Values of its overrides that a card is used with, or may be by a measurement. */
function variants(card: Card): Readonly<Record<string, number>>[] {
  const few = {
    [attention.name]: [4, 8],
    [attentionCached.name]: [8, 16],
    [weightPass.name]: [16, 64, 128],
    [weightPassWhole.name]: [16, 64],
  };
  const threads = few[card.name] ?? [32, 64, 128, 256];
  const all: Record<string, readonly number[]> = {
    WORKGROUP_SIZE: threads,
    NOISE_KIND: [0, 1, 2],
    STORAGE: [0, 1, 2],
    ONE_TERM: [0, 1],
    SHIFTS_BY_FLOATS: [0, 1],
    HEAD_WIDTH: [1, 12, 64, 80, 128],
  };
  return card.overrides.reduce<Record<string, number>[]>(
    (sets, name) => sets.flatMap((set) => all[name]!.map((value) => ({ ...set, [name]: value }))),
    [{}],
  );
}

test("every kernel file has one card, and every card a file", () => {
  expect(cards.map(({ file }) => file).sort()).toEqual(kernelFiles.sort());
});

test("every card has a name of its own, that of its file", () => {
  for (const { name, file } of cards) expect(file).toMatch(new RegExp(`/${name}\\.wgsl$`));
});

test("every included file is used by some kernel", () => {
  const used = kernelFiles.map((file) => linkShader(shaders, file)).join("\n");
  for (const [file, text] of shaders) {
    if (!file.startsWith("lib/")) continue;
    expect(used, file).toContain(text.trimEnd().split("\n").at(-2));
  }
});

describe.each(cards.map((card) => [card.file, card] as const))("%s", (file, card) => {
  test("agrees with its card", () => {
    expect(cardProblems(card, linkShader(shaders, file))).toEqual([]);
  });

  test("compiles within the limits every device grants, with all its overrides", async () => {
    if (card.features?.some((feature) => !device.features.has(feature))) return;
    for (const constants of variants(card)) {
      await expect(compileKernel(device, shaders, card, constants)).resolves.toMatchObject({
        card,
      });
    }
  });

  test("leaves a weak device's binding limits alone", () => {
    const storage = card.bindings.filter(({ access }) => access !== "uniform");
    expect(storage.length).toBeLessThanOrEqual(8);
  });

  test("params are fields of 4 bytes, no two of one name", () => {
    const names = card.params.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

test("the compiler that needs no GPU knows every optional feature a kernel wants", () => {
  expect([...device.features]).toEqual(expect.arrayContaining([...(linearQuad.features ?? [])]));
});

describe("a card is refused", () => {
  const source = linkShader(shaders, layerNorm.file);
  const [batch, plus, minus, ...rest] = layerNorm.bindings;

  test("with bindings in another order than the shader's", () => {
    const card = { ...layerNorm, bindings: [batch!, minus!, plus!, ...rest] };
    expect(cardProblems(card, source)).toEqual([expect.stringMatching(/^bindings: /)]);
  });

  test("with a read-only buffer the shader writes", () => {
    const card = { ...layerNorm, bindings: layerNorm.bindings.map(readOnly) };
    expect(cardProblems(card, source)).toEqual([expect.stringMatching(/^bindings: /)]);
  });

  test("with params in another order, missing or of another type", () => {
    const [first, second, ...others] = layerNorm.params;
    const wrong = [
      [second!, first!, ...others],
      layerNorm.params.slice(1),
      [["width", "f32"] as const, second!, ...others],
    ];
    for (const params of wrong) {
      const card = { ...layerNorm, params };
      expect(cardProblems(card, source)).toEqual([expect.stringMatching(/^params: /)]);
    }
  });

  test("with an override too few", () => {
    const card = { ...weightPass, overrides: ["WORKGROUP_SIZE"] };
    const problems = cardProblems(card, linkShader(shaders, weightPass.file));
    expect(problems).toEqual([expect.stringMatching(/^overrides: .*NOISE_KIND/)]);
  });

  test("without the feature its shader enables", () => {
    const problems = cardProblems(
      { ...linearQuad, features: [] },
      linkShader(shaders, linearQuad.file),
    );
    expect(problems).toEqual([expect.stringMatching(/^features: /)]);
  });

  test("by the compiler too, when a buffer it writes is read-only", async () => {
    const card = { ...layerNorm, bindings: layerNorm.bindings.map(readOnly) };
    await expect(compileKernel(device, shaders, card)).rejects.toMatchObject({
      code: "E-GPU-5",
      message: expect.stringContaining("layer_norm.wgsl"),
    });
  });
});

test("a shader that is no WGSL is refused with its file and the compiler's words", async () => {
  const broken = new Map([...shaders, [layerNorm.file, "fn main( {"]]);
  await expect(compileKernel(device, broken, layerNorm)).rejects.toMatchObject({
    code: "E-GPU-5",
    message: expect.stringMatching(/opt\/layer_norm\.wgsl could not be built.*expected/s),
  });
});

function readOnly(binding: Card["bindings"][number]): Card["bindings"][number] {
  return binding.access === "read_write" ? { ...binding, access: "read" } : binding;
}
