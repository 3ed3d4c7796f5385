// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isNpmChromiumForThisMachine, unpackNpmChromium } from "./npmChromium.mjs";

/**
 * A browser to start: its program, the arguments it needs on this machine, and the variables to
 * add to its environment.
 *
 * @typedef {{name: string, executablePath: string, args: string[], env: Record<string, string>}} Browser
 */

/** Chromium's arguments for WebGPU without a GPU: nothing else makes it hand out an adapter. */
export const softwareGpuArgs = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/**
 * The Chromium that tests and the demo drive. CHROME_PATH names one; TEST_BROWSER=system,
 * playwright or npm allows one source only.
 *
 * @returns {Promise<Browser>} args hold what the sandbox needs; a GPU's are the caller's to add
 * @throws {Error} if there is none
 */
export async function ensureBrowser() {
  const { CHROME_PATH, TEST_BROWSER } = process.env;
  if (CHROME_PATH && !TEST_BROWSER) return installed("CHROME_PATH", CHROME_PATH);
  for (const [name, find] of Object.entries(sources)) {
    if (TEST_BROWSER && TEST_BROWSER !== name) continue;
    const browser = await find();
    if (browser) return browser;
  }
  throw new Error(
    `No Chromium was found${TEST_BROWSER ? ` for TEST_BROWSER=${TEST_BROWSER}` : ""} on ` +
      `${process.platform} ${process.arch}. Install Chrome or Edge, or run ` +
      "`npx playwright install chromium` (on Debian: apt-get install chromium), or set CHROME_PATH.",
  );
}

/** @type {Record<string, () => Promise<Browser | undefined>>} in the order they are tried */
const sources = {
  system: async () => systemBrowser(),
  playwright: async () => {
    const { chromium } = await import("@playwright/test");
    const path = chromium.executablePath();
    return canStart(path) ? installed("playwright", path) : undefined;
  },
  npm: async () => (isNpmChromiumForThisMachine ? npmBrowser() : undefined),
};

/** @returns {Browser | undefined} the first installed browser that starts */
export function systemBrowser() {
  const path = systemPaths().find(canStart);
  return path ? installed("system", path) : undefined;
}

/**
 * @param {string} name
 * @param {string} executablePath
 * @returns {Browser}
 */
function installed(name, executablePath) {
  // Chromium refuses its sandbox to root, and containers mostly have no user namespaces for it.
  const { CI } = process.env;
  const isSandboxed = process.getuid?.() !== 0 && !CI;
  return { name, executablePath, args: isSandboxed ? [] : ["--no-sandbox"], env: {} };
}

/** @returns {Promise<Browser>} */
async function npmBrowser() {
  const folder = await unpackNpmChromium();
  const { LD_LIBRARY_PATH } = process.env;
  return {
    name: "npm",
    executablePath: join(folder, "chromium"),
    args: ["--no-sandbox"], // its sandbox helper is not in the package
    env: {
      LD_LIBRARY_PATH: [join(folder, "lib"), LD_LIBRARY_PATH].filter(Boolean).join(":"),
      FONTCONFIG_PATH: folder,
      // Under LANG=C navigator.language is "en-US@posix", on which Intl throws.
      LANG: "en_US.UTF-8",
      LC_ALL: "en_US.UTF-8",
    },
  };
}

/** @returns {string[]} where this platform's installers put Chrome, Chromium and Edge */
function systemPaths() {
  if (process.platform === "darwin") {
    const apps = ["Google Chrome", "Chromium", "Microsoft Edge"];
    return ["/Applications", join(homedir(), "Applications")].flatMap((folder) =>
      apps.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`),
    );
  }
  if (process.platform === "win32") {
    const { PROGRAMFILES, "PROGRAMFILES(X86)": programFiles32, LOCALAPPDATA } = process.env;
    const programs = [
      "Google/Chrome/Application/chrome.exe",
      "Microsoft/Edge/Application/msedge.exe",
    ];
    return [PROGRAMFILES, programFiles32, LOCALAPPDATA].flatMap((folder) =>
      folder ? programs.map((program) => join(folder, program)) : [],
    );
  }
  const programs = [
    "google-chrome-stable",
    "google-chrome",
    "chromium",
    "chromium-browser",
    "microsoft-edge-stable",
    "microsoft-edge",
  ];
  return [...programs.map((program) => `/usr/bin/${program}`), "/snap/bin/chromium"];
}

/**
 * Whether the file is there and runs. Ubuntu's chromium-browser may be a stub that only asks for a
 * snap; on Windows `--version` would open a window, so there being there is enough.
 *
 * @param {string} path
 */
function canStart(path) {
  if (!existsSync(path)) return false;
  if (process.platform !== "linux") return true;
  return spawnSync(path, ["--version"], { stdio: "ignore", timeout: 20_000 }).status === 0;
}
