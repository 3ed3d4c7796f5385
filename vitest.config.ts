import { defineConfig } from "vitest/config";
import { availableDrivers } from "./src/tools/vulkan.mjs";

// Dawn looks for its driver when it is loaded, and LD_LIBRARY_PATH counts only at the start of a
// process: set here, before Vitest forks its workers.
const drivers = await availableDrivers();
// Tests that compare two adapters start a Node of their own for each of these.
const { ZEROTH_DRIVERS = JSON.stringify(drivers) } = process.env;
// A core for each worker: lavapipe would take them all. SwiftShader has no such setting.
const { LP_NUM_THREADS = "1" } = process.env;
Object.assign(process.env, drivers[0]?.env, { ZEROTH_DRIVERS, LP_NUM_THREADS });

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
      {
        test: {
          name: "gpu",
          include: ["src/**/*.gpu.test.ts"],
          pool: "forks",
          // As many as a software driver leaves cores for; on more, the longest file sets the time.
          maxWorkers: 2,
          // SwiftShader alone, on busy cores, takes ten times as long as lavapipe; a hang is still found.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
