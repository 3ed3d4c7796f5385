// @ts-check
import { join } from "node:path";
import { ensureBrowser, systemBrowser } from "./browser.mjs";
import { vitestStage } from "./checkStages.mjs";
import { playwrightCounts, vitestCounts } from "./counts.mjs";
import { availableDrivers, ensureVulkan, softwareDrivers } from "./vulkan.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/** @typedef {import("./stages.mjs").Stage} Stage */

/**
 * A stage of `npm test` that may need more than a processor.
 *
 * @typedef {object} MachineStage
 * @property {Stage} stage
 * @property {() => Counts} [readCounts]  the stage's own, if it is made of tests
 * @property {string} [missing]  why it cannot run on this machine, and what to do
 * @property {Stage} [after]  what must have gone well before
 */

/**
 * What `npm test` runs besides `npm run check`, in order. A browser or a driver that is not here
 * costs the stage that needs it and no other.
 *
 * @param {string} reports  folder for the counts
 * @returns {Promise<MachineStage[]>}
 */
export async function machineStages(reports) {
  const gpu = join(reports, "gpu.json");
  const e2e = join(reports, "e2e.json");
  const browser = await sought(ensureBrowser);
  const drivers = await sought(async () => ({
    ...(await ensureVulkan()),
    all: await availableDrivers(),
  }));
  report(browser.found, drivers.found);
  const others = process.env["TEST_OTHERS"] ? await otherStages(reports) : [];
  return [
    {
      stage: { ...vitestStage("gpu", gpu), limitMs: 15 * 60_000 },
      readCounts: () => vitestCounts(gpu),
      ...(drivers.missing && { missing: drivers.missing }),
    },
    { stage: build },
    {
      stage: { ...endToEnd, env: { PLAYWRIGHT_JSON_OUTPUT_FILE: e2e }, limitMs: 15 * 60_000 },
      readCounts: () => playwrightCounts(e2e),
      ...(browser.missing && { missing: browser.missing }),
      after: build,
    },
    ...others,
  ];
}

/**
 * Returns short stages on a driver and a browser of this machine, for runs in which TEST_VULKAN and
 * TEST_BROWSER choose npm's.
 *
 * @param {string} reports  folder for the counts
 * @returns {Promise<MachineStage[]>}
 */
async function otherStages(reports) {
  const gpu = join(reports, "gpu-lavapipe.json");
  const e2e = join(reports, "e2e-system.json");
  const hasLavapipe = (await softwareDrivers()).some(({ name }) => name === "lavapipe");
  const kernels = vitestStage("gpu", gpu);
  /** @type {MachineStage[]} */
  const stages = [];
  if (hasLavapipe) {
    stages.push({
      stage: {
        ...kernels,
        name: "kernels on lavapipe",
        args: [...kernels.args, "src/reference/kernels.gpu.test.ts"],
        env: { TEST_VULKAN: "lavapipe" },
      },
      readCounts: () => vitestCounts(gpu),
    });
  }
  if (systemBrowser()) {
    stages.push({
      stage: {
        ...endToEnd,
        name: "end-to-end tests in the system's browser",
        args: [...endToEnd.args, "keyboard", "withoutGpu"],
        env: { TEST_BROWSER: "system", PLAYWRIGHT_JSON_OUTPUT_FILE: e2e },
      },
      readCounts: () => playwrightCounts(e2e),
      after: build,
    });
  }
  return stages;
}

/** @type {Stage} */
const build = { name: "build", program: "node_modules/vite/bin/vite.js", args: ["build"] };
/** @type {Stage} */
const endToEnd = {
  name: "end-to-end tests",
  program: "node_modules/@playwright/test/cli.js",
  args: ["test", "--config", "e2e/playwright.config.ts", "--pass-with-no-tests"],
};

/**
 * @template T
 * @param {() => Promise<T>} seek
 * @returns {Promise<{found: T, missing?: undefined} | {found?: undefined, missing: string}>}
 */
async function sought(seek) {
  try {
    return { found: await seek() };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * @param {import("./browser.mjs").Browser | undefined} browser
 * @param {{name: string, all: {name: string}[]} | undefined} drivers
 */
function report(browser, drivers) {
  console.log(`Browser: ${browser ? `${browser.executablePath} (${browser.name})` : "none"}`);
  const names = drivers?.all.map(({ name }) => name).join(", ");
  console.log(`GPU in Node: ${drivers ? `${drivers.name} (of ${names})` : "none"}`);
}
