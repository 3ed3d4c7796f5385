// @ts-check
import { join } from "node:path";
import { ensureBrowser } from "./browser.mjs";
import { vitestStage } from "./checkStages.mjs";
import { playwrightCounts, vitestCounts } from "./counts.mjs";
import { availableDrivers, ensureVulkan } from "./vulkan.mjs";

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
  const told = join(reports, "e2e.json");
  const browser = await sought(ensureBrowser);
  const drivers = await sought(async () => ({
    ...(await ensureVulkan()),
    all: await availableDrivers(),
  }));
  tell(browser.found, drivers.found);
  return [
    {
      stage: vitestStage("gpu", gpu),
      readCounts: () => vitestCounts(gpu),
      ...(drivers.missing && { missing: drivers.missing }),
    },
    { stage: build },
    {
      stage: { ...stories, env: { PLAYWRIGHT_JSON_OUTPUT_FILE: told } },
      readCounts: () => playwrightCounts(told),
      ...(browser.missing && { missing: browser.missing }),
      after: build,
    },
  ];
}

/** @type {Stage} */
const build = { name: "build", program: "node_modules/vite/bin/vite.js", args: ["build"] };
/** @type {Stage} */
const stories = {
  name: "stories in the browser",
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
function tell(browser, drivers) {
  console.log(`Browser: ${browser ? `${browser.executablePath} (${browser.name})` : "none"}`);
  const names = drivers?.all.map(({ name }) => name).join(", ");
  console.log(`GPU in Node: ${drivers ? `${drivers.name} (of ${names})` : "none"}`);
}
