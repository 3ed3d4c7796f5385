import { expect, test } from "vitest";
import { openDevice } from "#gpu/device.ts";
import { defaultChoice, onlyKernel, toKernelRecord } from "#model/linearChoice.ts";
import { linearTile } from "#model/linearKernels.ts";
import { oddConfig } from "../model/testing/configs.ts";
import { nodeGpu } from "./node/gpu.ts";
import { chooseLinear, linearOf } from "./node/kernels.ts";
import { kernelLines } from "./node/session.ts";

// Dawn without a GPU runs no kernel, so that none passes its check.
const device = await openDevice(nodeGpu(["backend=null"]));
const as = (isSoftware: boolean) => ({ ...device, info: { ...device.info, isSoftware } });

test("the kernels that were measured are listed with their rates and the way to measure again", () => {
  const measured = { at: "2026-03-04T05:06:07Z", milliseconds: 912, widths: "768 / 3072" };
  const classes = [
    { name: "few.narrow", kernel: "linear_tile", gflops: 12.34 },
    { name: "few.head", kernel: "linear_few", gflops: null },
  ];
  const refused = ["linear_shared is off by 1, 1e-5 is allowed."];
  expect(kernelLines({ isFixed: false, measured, classes, refused }, "/cache")).toEqual([
    "linear_shared is off by 1, 1e-5 is allowed.",
    "Matrix products, measured on 2026-03-04 in 0.9 s: few.narrow linear_tile 12.3 GFLOP/s, few.head linear_few.",
    "To measure them again, delete /cache.",
  ]);
  expect(kernelLines({ isFixed: true, measured: null, classes, refused: [] }, "/cache")).toEqual(
    [],
  );
});

test("a kernel is chosen by its name, else by a table", () => {
  expect(chooseLinear(as(true), "f32")).toEqual(defaultChoice(as(true).info));
  expect(chooseLinear(as(false), "f32", "linear_tile")).toEqual(onlyKernel(linearTile));
  expect(() => chooseLinear(as(false), "f32", "none")).toThrow(/Choose one of/);
});

test("a stored run is evaluated with the kernels it was trained with, class by class", () => {
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
