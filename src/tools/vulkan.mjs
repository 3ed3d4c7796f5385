// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isNpmChromiumForThisMachine, unpackNpmVulkan } from "./npmChromium.mjs";

/**
 * A way to give Dawn a Vulkan driver: variables to set before the process that loads Dawn starts
 * (LD_LIBRARY_PATH counts only then).
 *
 * @typedef {{name: string, env: Record<string, string>}} Driver
 */

const icdFolders = [
  "/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
];

/** Browsers that bring SwiftShader along. */
const chromiumFolders = [
  "/usr/lib/chromium",
  "/usr/lib64/chromium",
  "/usr/lib/chromium-browser",
  "/usr/lib64/chromium-browser",
  "/opt/google/chrome",
  "/opt/chromium.org/chromium",
  "/opt/microsoft/msedge",
];

/**
 * The driver tests and tools run on. On Linux a software driver, so that results do not depend on
 * the machine; elsewhere the system's own (Metal, D3D12), which needs no variables.
 *
 * @throws {Error} if Linux has none and npm's is not built for this machine
 * @returns {Promise<Driver>}
 */
export async function ensureVulkan() {
  const [first] = await availableDrivers();
  if (first) return first;
  if (choice()) {
    throw new Error(
      `"${choice()}" is no Vulkan driver of this machine. Leave TEST_VULKAN and ZEROTH_VULKAN ` +
        "unset, or name lavapipe, swiftshader, npm, system or the path of an ICD file.",
    );
  }
  throw new Error(
    "No Vulkan driver was found: none in " +
      `${icdFolders.join(", ")}, none beside a Chromium, and npm's is for Linux x64 while this is ` +
      `${process.platform} ${process.arch}. Install one: apt-get install mesa-vulkan-drivers libvulkan1`,
  );
}

/**
 * The driver for a user's own work: the system's default where the machine has a GPU and nobody
 * chose otherwise, else what `ensureVulkan` gives.
 *
 * @returns {Promise<Driver>}
 */
export async function defaultVulkan() {
  return !choice() && hasGpu() ? systemDriver() : ensureVulkan();
}

/**
 * Every driver the tests can use, the preferred one first; one of a name.
 *
 * @returns {Promise<Driver[]>}
 */
export async function availableDrivers() {
  const chosen = choice();
  if (process.platform !== "linux" || chosen === "system") return [await systemDriver()];
  if (chosen?.endsWith(".json")) return [await driver("chosen", chosen)];
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES } = process.env;
  if (!chosen && (VK_ICD_FILENAMES || VK_DRIVER_FILES)) {
    return [{ name: "environment", env: await loader() }];
  }
  if (chosen === "npm") return npmDrivers();
  const found = await softwareDrivers();
  return chosen ? found.filter(({ name }) => name === chosen) : found;
}

/** @returns {Promise<Driver>} what the loader picks by itself */
async function systemDriver() {
  return { name: "system", env: process.platform === "linux" ? await loader() : {} };
}

/** lavapipe, swiftshader, npm, system or the path of an ICD file; TEST_VULKAN is for tests alone. */
function choice() {
  const { TEST_VULKAN, ZEROTH_VULKAN } = process.env;
  return TEST_VULKAN || ZEROTH_VULKAN;
}

/** Returns this machine's software drivers, whatever TEST_VULKAN names; lavapipe first. */
export async function softwareDrivers() {
  const lavapipe = icdFolders.flatMap(filesOf).find((path) => /\/lvp_icd[^/]*\.json$/.test(path));
  const swiftshader = chromiumFolders
    .map((folder) => join(folder, "vk_swiftshader_icd.json"))
    .find((path) => existsSync(path));
  // lavapipe first: it is the faster one, and has 16-bit floats.
  return [
    ...(lavapipe ? [await driver("lavapipe", lavapipe)] : []),
    ...(swiftshader ? [await driver("swiftshader", swiftshader)] : await npmDrivers()),
  ];
}

async function npmDrivers() {
  if (!isNpmChromiumForThisMachine) return [];
  const folder = await unpackNpmVulkan();
  return [await driver("swiftshader", join(folder, "vk_swiftshader_icd.json"))];
}

/**
 * @param {string} name
 * @param {string} icd  path of the file that names the driver's library
 * @returns {Promise<Driver>}
 */
async function driver(name, icd) {
  if (!existsSync(icd)) {
    throw new Error(`The Vulkan driver file ${icd} is not there. Name one that is, or none.`);
  }
  // Both spellings: loaders from 1.3.207 on read VK_DRIVER_FILES first.
  return { name, env: { VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd, ...(await loader()) } };
}

/** What makes Dawn find libvulkan.so.1, and keeps Mesa from complaining of a missing folder. */
async function loader() {
  const { XDG_RUNTIME_DIR = tmpdir(), LD_LIBRARY_PATH } = process.env;
  /** @type {Record<string, string>} */
  const env = { XDG_RUNTIME_DIR };
  if (hasSystemLoader() || !isNpmChromiumForThisMachine) return env;
  const folders = [LD_LIBRARY_PATH, await unpackNpmVulkan()].filter(Boolean);
  return { ...env, LD_LIBRARY_PATH: [...new Set(folders.join(":").split(":"))].join(":") };
}

function hasSystemLoader() {
  const folders = ["/usr/lib", "/usr/lib64", "/usr/local/lib", ...systemLibraryFolders()];
  return folders.some((folder) => existsSync(join(folder, "libvulkan.so.1")));
}

/** Folders only the dynamic linker's cache knows; empty where `ldconfig` is missing. */
function systemLibraryFolders() {
  const triple = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const { stdout } = spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
  const cached = (stdout ?? "").match(/\/\S*libvulkan\.so\.1$/gm) ?? [];
  return [`/usr/lib/${triple}`, ...cached.map(dirname)];
}

/**
 * Whether a GPU and a driver for it are here. A driver file alone proves nothing: Mesa's package
 * installs those for Intel and Radeon everywhere.
 */
function hasGpu() {
  if (process.platform !== "linux") return true;
  const devices = ["/dev/nvidia0", "/dev/dxg", ...filesOf("/dev/dri").filter(isRenderNode)];
  const hardware = /\/(nvidia|intel|radeon|amd|nouveau|asahi|panfrost|freedreno|dzn)[^/]*\.json$/;
  return (
    devices.some((path) => existsSync(path)) &&
    icdFolders.flatMap(filesOf).some((path) => hardware.test(path))
  );
}

/** @param {string} path */
function isRenderNode(path) {
  return path.includes("renderD");
}

/**
 * @param {string} folder
 * @returns {string[]} full paths, sorted; none if there is no such folder
 */
function filesOf(folder) {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
