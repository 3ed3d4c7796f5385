import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { machineStages } from "./machineStages.mjs";

beforeEach(() => {
  // CI sets it for the whole run.
  vi.stubEnv("TEST_OTHERS", "");
  vi.spyOn(console, "log").mockImplementation(() => {});
});
vi.mock("./browser.mjs", async (importOriginal) => ({
  ...(await importOriginal<typeof import("./browser.mjs")>()),
  systemBrowser: () => ({ name: "system", executablePath: "/usr/bin/chromium", args: [], env: {} }),
}));
// On macOS and Windows no variable takes the driver away.
vi.mock("./vulkan.mjs", async (importOriginal) => ({
  ...(await importOriginal<typeof import("./vulkan.mjs")>()),
  softwareDrivers: () => Promise.resolve([{ name: "lavapipe", env: {} }]),
  ensureVulkan: () => Promise.reject(new Error("No Vulkan driver was found. Install one.")),
}));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("a missing browser leaves out the end-to-end tests only, a missing driver the GPU tests only", async () => {
  vi.stubEnv("TEST_BROWSER", "none");
  const stages = await machineStages("reports");
  expect(stages.map(({ stage, missing = null }) => [stage.name, missing])).toEqual([
    ["gpu tests", "No Vulkan driver was found. Install one."],
    ["build", null],
    ["end-to-end tests", expect.stringMatching(/^No Chromium was found .* Install Chrome or Edge/)],
  ]);
});

test("end-to-end tests need a successful build; no other stage depends on another", async () => {
  vi.stubEnv("TEST_BROWSER", "none");
  const stages = await machineStages("reports");
  expect(stages.map(({ after }) => after?.name)).toEqual([undefined, undefined, "build"]);
});

test("TEST_OTHERS adds kernels on lavapipe and two specs in the installed browser", async () => {
  vi.stubEnv("TEST_BROWSER", "none");
  vi.stubEnv("TEST_OTHERS", "1");
  const added = (await machineStages("reports")).slice(3);
  expect(added.map(({ stage }) => [stage.name, stage.env?.["TEST_VULKAN"]])).toEqual([
    ["kernels on lavapipe", "lavapipe"],
    ["end-to-end tests in the system's browser", undefined],
  ]);
  expect(added[0]?.stage.args).toContain("src/reference/kernels.gpu.test.ts");
  expect(added[1]?.stage.args.slice(-2)).toEqual(["keyboard", "withoutGpu"]);
  expect(added[1]?.stage.env).toMatchObject({ TEST_BROWSER: "system" });
});
