import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { openDevice } from "#gpu/device.ts";
import { defaultChoice, onlyKernel, toKernelRecord } from "#model/linearChoice.ts";
import { linearTile } from "#model/linearKernels.ts";
import { oddConfig } from "../model/testing/configs.ts";
import { nodeGpu } from "./node/gpu.ts";
import { fastestLinear, linearOf } from "./node/kernels.ts";

// Dawn without a GPU runs no kernel, so that none passes its check.
const device = await openDevice(nodeGpu(["backend=null"]));
const as = (isSoftware: boolean) => ({ ...device, info: { ...device.info, isSoftware } });
const config = oddConfig();

const folder = mkdtempSync(join(tmpdir(), "zeroth-kernels-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a run on a GPU begins with kernels that were measured there once, and is told of them", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    const choice = await fastestLinear(as(false), config, "f32", undefined, folder);
    const lines = told.mock.calls.map(([line]) => String(line));
    expect(lines).toContainEqual(
      expect.stringMatching(/^linear_shared is off by .* is allowed\.$/),
    );
    const measured =
      /^Matrix products, measured on \d{4}-\d\d-\d\d in \d+\.\d s: few\.narrow linear_/;
    expect(lines.at(-2)).toMatch(measured);
    expect(lines.at(-1)).toBe(`To have them measured again, delete ${folder}.`);
    told.mockClear();
    const compiled = vi.spyOn(device.device, "createComputePipelineAsync");
    expect(await fastestLinear(as(false), config, "f32", undefined, folder)).toEqual(choice);
    expect(compiled).not.toHaveBeenCalled();
    expect(told.mock.calls.map(([line]) => line)).toEqual(lines);
    // None was sound here, so the usual ones are left.
    expect(choice).toEqual(defaultChoice(as(false).info));
  } finally {
    told.mockRestore();
  }
});

test("on a software adapter, and where one is named, nothing is measured", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  expect(await fastestLinear(as(true), config, "f32")).toEqual(defaultChoice(as(true).info));
  const named = await fastestLinear(as(false), config, "f32", "linear_tile");
  expect(named).toEqual(onlyKernel(linearTile));
  expect(told).not.toHaveBeenCalled();
  told.mockRestore();
  await expect(fastestLinear(as(false), config, "f32", "none")).rejects.toThrow(/Choose one of/);
});

test("a kept run is looked at with the kernels it was trained with, class by class", () => {
  const choice = {
    ...defaultChoice({ isSoftware: true, isSwiftShader: false, hasSubgroups: true }),
  };
  const mixed = { ...choice, "few.head": linearTile };
  const record = toKernelRecord(mixed);
  const of = (isSoftware: boolean, kernels: Record<string, string>, name?: string) =>
    linearOf(as(isSoftware), "f32", oddConfig({ ffn_dim: 48 }), { kernels }, name);
  expect(of(false, record)).toEqual(mixed);
  expect(of(false, record, "linear_tile")).toEqual(onlyKernel(linearTile));
  expect(of(true, {})).toEqual(defaultChoice(as(true).info));
});
