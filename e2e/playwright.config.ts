import { createServer } from "node:net";
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { ensureBrowser, softwareGpuArgs } from "../src/tools/browser.mjs";
import { cacheFolder, root } from "../src/tools/paths.mjs";

// Any free port. Workers load this file too and inherit the choice.
process.env["ZEROTH_E2E_PORT"] ??= String(await freePort());
const port = Number(process.env["ZEROTH_E2E_PORT"]);
const browser = await ensureBrowser();
const { CI, PLAYWRIGHT_JSON_OUTPUT_FILE } = process.env;
// A driver chosen for Node (npm's, say) is not for an installed browser, which brings its own.
const { VK_ICD_FILENAMES: _icd, VK_DRIVER_FILES: _driver, ...plain } = process.env;
const environment = browser.name === "npm" ? process.env : plain;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  outputDir: join(root, "test-results"),
  // On two cores, two at a time took 231 s where one after the other took 311 s.
  workers: 2,
  retries: 0,
  timeout: 180_000,
  // Several times what slow cores need; a hang is still found.
  globalTimeout: 20 * 60_000,
  forbidOnly: Boolean(CI),
  expect: { timeout: 20_000 },
  reporter: [
    ["list"],
    ["json", { outputFile: PLAYWRIGHT_JSON_OUTPUT_FILE ?? join(cacheFolder, "reports/e2e.json") }],
  ],
  use: {
    baseURL: `http://localhost:${port}/`,
    browserName: "chromium",
    locale: "en-US",
    actionTimeout: 30_000,
    screenshot: "only-on-failure",
    // Without pictures of each moment: filming took a fifth of the time. `--trace on` brings them back.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: true },
    launchOptions: {
      executablePath: browser.executablePath,
      args: [
        ...browser.args,
        ...softwareGpuArgs,
        // Tests of a lost GPU lose it more often than Chromium forgives.
        "--disable-gpu-process-crash-limit",
        "--disable-domain-blocking-for-3d-apis",
      ],
      env: { ...environment, ...browser.env },
    },
  },
  webServer: {
    command: `"${process.execPath}" src/tools/serve.mjs dist ${port}`,
    cwd: root,
    // The hub of e2e/hub.spec.ts, on a port that is free; only here the page may read from it.
    env: { ZEROTH_HUB: "http://127.0.0.1:*" },
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 20_000,
  },
});
