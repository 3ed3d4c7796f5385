// @ts-check
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeRefusal } from "./nodeVersion.mjs";
import { root } from "./paths.mjs";

/**
 * Makes node_modules hold what package-lock.json says; runs `npm ci` only where it does not.
 *
 * npm's words go to stderr: stdout belongs to the program that is about to run.
 *
 * @throws {Error} if npm fails, or if this Node cannot run what it would install
 */
export function ensureDependencies() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const refusal = nodeRefusal(process.versions.node, engines.node);
  if (refusal !== null) throw new Error(refusal);
  if (areDependenciesCurrent()) return;
  console.error("Installing what package-lock.json lists (npm ci) ...");
  // --include=dev: the compiler and the test tools are needed under NODE_ENV=production too.
  // --ignore-scripts: no package here needs its install script.
  const options = ["--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { program, before } = npmCommand();
  const { status, error } = spawnSync(program, [...before, "ci", ...options, "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && program === "npm",
  });
  if (error || status !== 0) {
    throw new Error(
      `npm ci ${error ? `could not start (${error.message})` : `ended with ${status}`} in ${root}. ` +
        "Check the network and the npm registry, then run it again.",
    );
  }
}

/**
 * Whether every package is installed in its locked version.
 *
 * npm writes node_modules/.package-lock.json last, so a broken-off install is seen as missing.
 */
function areDependenciesCurrent() {
  const wanted = readPackages(join(root, "package-lock.json"));
  const present = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (!wanted)
    throw new Error(`${root} has no readable package-lock.json. Clone the project anew.`);
  if (!present) return false;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === "") return true;
    const found = present[path];
    // Optional packages are those of other platforms: absent is fine, another version is not.
    return found ? found.version === version : Boolean(optional ?? devOptional);
  });
}

/**
 * @param {string} path a lock file
 * @returns {Record<string, {version: string, optional?: boolean, devOptional?: boolean}> | null}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return null;
  }
}

/** The npm that called us, so that a Node without npm on the PATH works too. */
function npmCommand() {
  const { npm_execpath: caller } = process.env;
  return caller?.endsWith("npm-cli.js")
    ? { program: process.execPath, before: [caller] }
    : { program: "npm", before: [] };
}
