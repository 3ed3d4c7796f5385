// @ts-check
// Fails if a file imports a folder that src/folders.mjs does not allow. Rules: importRules.cjs.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { importTable } from "../folders.mjs";
import { root } from "./paths.mjs";

/** Folders that may import anything and that nothing imports, so they have no row in the table. */
const unrestricted = ["entry", "bench", "tools"];

/**
 * @typedef {{from: string, to: string, rule: {name: string}, cycle?: {name: string}[]}} Violation
 * @typedef {{modules: {source: string}[], summary: {violations: Violation[]}}} Graph
 */

const graph = readGraph();
const problems = [
  ...graph.summary.violations.map(sentence),
  ...foldersWithoutRow().map((folder) => `src/${folder}/ has no row in src/folders.mjs`),
  ...unreadFolders(graph).map(
    (folder) => `no file of src/${folder}/ was read: its imports are not checked`,
  ),
];
for (const problem of problems) console.error(problem);
console.error(`${graph.modules.length} modules, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/**
 * @returns {Graph}
 * @throws {Error} if dependency-cruiser prints no graph
 */
function readGraph() {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const options = ["--config", "src/tools/importRules.cjs", "--output-type", "json"];
  const { stdout, stderr } = spawnSync(process.execPath, [program, "src", "e2e", ...options], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28, // the graph of a hundred files is about a megabyte
  });
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(
      `dependency-cruiser gave no graph. Its output: ${stderr || stdout || "nothing"}`,
    );
  }
}

/** @param {Violation} violation */
function sentence({ rule, from, to, cycle }) {
  const path = cycle ? cycle.map(({ name }) => name) : [to];
  return `${rule.name}: ${[from, ...path].join(" -> ")}`;
}

function foldersWithoutRow() {
  return sourceFolders().filter((name) => !(name in importTable) && !unrestricted.includes(name));
}

/**
 * Returns the folders with TypeScript files of which the graph has none. Without a TypeScript it can
 * load, dependency-cruiser finds no module and so no violation.
 *
 * @param {Graph} graph
 */
function unreadFolders({ modules }) {
  return sourceFolders().filter(
    (folder) =>
      readdirSync(join(root, "src", folder)).some((name) => /\.tsx?$/.test(name)) &&
      !modules.some(({ source }) => source.startsWith(`src/${folder}/`)),
  );
}

function sourceFolders() {
  return readdirSync(join(root, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
