import { beforeAll, expect, test } from "vitest";
import { openDevice } from "#gpu/device.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import { kernels, linearShared } from "#gpu/kernels.gen.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { compare } from "./testing/compare.ts";
import { findTwins } from "./testing/findTwins.ts";
import { runCase } from "./testing/runCase.ts";
import type { Twin, TwinCase } from "./twin.ts";

const shaders = readShaders();
const twins = await findTwins();
let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await openDevice(oneDeviceGpu()));
});

const isExact = (twin: Twin, testCase: TwinCase) => {
  const { absolute, relative } = twin.bound(testCase);
  return absolute === 0 && relative === 0;
};

test("every kernel has a twin, and every twin a kernel", () => {
  const named = twins.map(({ card }) => card).sort();
  expect(named).toEqual(kernels.map(({ name }) => name).sort());
});

test("a kernel that runs everywhere needs no optional feature", () => {
  expect(linearShared.features).toEqual([]);
});

const namedKernels = kernels.map((card) => [card.name, card] as const);
test.for(namedKernels)("%s agrees with its twin", async ([, card], { skip }) => {
  const missing = card.features.filter((feature) => !device.features.has(feature));
  skip(missing.length > 0, `${card.name} needs ${missing.join(", ")}`);
  const twin = twins.find((candidate) => candidate.card === card.name)!;
  const compiled = new Map<string, Kernel>();
  for (const testCase of twin.cases()) {
    const key = JSON.stringify(testCase.overrides);
    const kernel =
      compiled.get(key) ?? (await compileKernel(device, shaders, card, testCase.overrides));
    compiled.set(key, kernel);
    const actual = await runCase(device, kernel, testCase);
    const expected = twin.run(testCase);
    const bound = twin.bound(testCase);
    expect(actual.size, testCase.name).toBeGreaterThan(0);
    for (const [output, bytes] of actual) {
      const wanted = expected[output];
      if (!wanted) throw new Error(`The twin of ${card.name} computes no "${output}".`);
      const difference = compare(wanted, bytes, bound);
      expect(
        difference.excess,
        `${testCase.name}, ${output}: ${JSON.stringify(difference)}`,
      ).toBeLessThanOrEqual(1);
    }
  }
});

// Every driver is compared with the same twin, so exact outputs are equal on all drivers.
test.each(["binomial", "rademacher"])(
  "weights perturbed by %s noise are compared exactly",
  (kind) => {
    const twin = twins.find(({ card }) => card === "weight_pass")!;
    const exact = twin.cases().filter((testCase) => isExact(twin, testCase));
    expect(exact.filter(({ name }) => name.startsWith(kind)).length).toBeGreaterThan(15);
  },
);
