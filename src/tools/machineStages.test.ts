import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { machineStages } from "./machineStages.mjs";

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => {});
});
// On macOS and Windows no variable takes the driver away.
vi.mock("./vulkan.mjs", async (importOriginal) => ({
  ...(await importOriginal<typeof import("./vulkan.mjs")>()),
  ensureVulkan: () => Promise.reject(new Error("No Vulkan driver was found. Install one.")),
}));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("a missing browser costs the stories alone, and a missing driver the GPU tests alone", async () => {
  vi.stubEnv("TEST_BROWSER", "none");
  const stages = await machineStages("reports");
  expect(stages.map(({ stage, missing = null }) => [stage.name, missing])).toEqual([
    ["gpu tests", "No Vulkan driver was found. Install one."],
    ["build", null],
    [
      "stories in the browser",
      expect.stringMatching(/^No Chromium was found .* Install Chrome or Edge/),
    ],
  ]);
});

test("stories wait for a page to be built, and nothing else waits for anything", async () => {
  vi.stubEnv("TEST_BROWSER", "none");
  const stages = await machineStages("reports");
  expect(stages.map(({ after }) => after?.name)).toEqual([undefined, undefined, "build"]);
});
