import { defineConfig } from "vitest/config";
import { availableDrivers, type Driver } from "./src/tools/vulkan.mjs";

/** Vulkan drivers of this machine, the preferred one first. */
const drivers = await availableDrivers();
const [preferred, ...others] = drivers;

/** GPU tests that run on the other drivers too: everything that compares numbers with a reference. */
const onEveryDriver = [
  "src/reference/kernels.gpu.test.ts",
  "src/model/{model,halves}.gpu.test.ts",
  "src/run/evaluation/writing.gpu.test.ts",
  "src/run/step/trajectories.gpu.test.ts",
];

/**
 * GPU tests on one driver. Dawn looks for its driver when it is loaded, and LD_LIBRARY_PATH counts only
 * at the start of a process, so the variables are those of the project's workers.
 */
function gpuProject(name: string, driver: Driver | undefined, include: string[], order: number) {
  return {
    test: {
      name,
      include,
      env: {
        // One core for each worker: lavapipe would take them all. SwiftShader has no such setting.
        LP_NUM_THREADS: "1",
        ...driver?.env,
        ZEROTH_DRIVER: driver?.name ?? "none",
        ZEROTH_DRIVERS: JSON.stringify(drivers),
      },
      pool: "forks",
      // All files of a worker share one device and its pipelines: src/session/testing/gpus.ts.
      isolate: false,
      maxWorkers: 2,
      // SwiftShader on busy cores takes ten times as long as lavapipe. Only a hang takes longer.
      testTimeout: 240_000,
      hookTimeout: 240_000,
      sequence: { groupOrder: order },
    },
  };
}

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.{ts,tsx,mjs}"],
          exclude: ["src/**/*.gpu.test.ts", "src/**/*.browser.test.*"],
          pool: "forks",
          // No test leaves anything behind in a module: a process for each file took a third more time.
          isolate: false,
          // Two busy cores take seconds for what takes one a moment; a hang is still found.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      gpuProject("gpu", preferred, ["src/**/*.gpu.test.ts"], 1),
      // One after the other: a worker that changed projects would begin with a new device.
      ...others.map((driver, i) => gpuProject(`gpu-${driver.name}`, driver, onEveryDriver, 2 + i)),
    ],
  },
});
