// @ts-check
// `npm test`: everything, on whatever machine this is. The last line is "N passed, N failed".
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkStages } from "./checkStages.mjs";
import {
  playwrightTimes,
  slowestLines,
  summaryLine,
  vitestCounts,
  vitestTimes,
} from "./counts.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { machineStages } from "./machineStages.mjs";
import { cacheFolder } from "./paths.mjs";
import { runAloud, runQuietly } from "./stages.mjs";

/** @typedef {import("./counts.mjs").Counts} Counts */
/** @typedef {import("./machineStages.mjs").MachineStage} MachineStage */

const reports = join(cacheFolder, "reports");
const unit = join(reports, "unit.json");

/** @type {Counts[]} */
const counts = [];
/** @type {Set<MachineStage["stage"]>} */
const passedStages = new Set();
try {
  ensureDependencies();
  // A report of an earlier run must not be taken for this one's.
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const stages = await machineStages(reports);
  for (const { name, ok } of await runQuietly(checkStages(unit))) {
    record(name, ok, name === "unit tests" ? () => vitestCounts(unit) : undefined);
  }
  for (const stage of stages) await runOn(stage);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  counts.push({ passed: 0, failed: 1, skipped: 0 });
}
const failed = counts.some((count) => count.failed > 0);
const passed = counts.some((count) => count.passed > 0);
if (!failed && !passed) console.error("No test ran at all, which is no success.");
const slowest = slowestLines([
  ...timesOf(vitestTimes, "unit.json"),
  ...timesOf(vitestTimes, "gpu.json"),
  ...timesOf(playwrightTimes, "e2e.json"),
]);
if (slowest.length > 0) console.log(`\nSlowest tests:\n${slowest.join("\n")}`);
console.log(`\n${summaryLine(counts)}`);
process.exitCode = failed || !passed ? 1 : 0;

/** @param {MachineStage} machineStage  what it lacks on this machine is one failure */
async function runOn({ stage, missing, after, readCounts }) {
  if (after && !passedStages.has(after)) return;
  if (missing) {
    console.error(`\n== ${stage.name}: left out. ${missing}`);
    record(stage.name, false);
    return;
  }
  const { ok } = await runAloud(stage);
  if (ok) passedStages.add(stage);
  record(stage.name, ok, readCounts);
}

/**
 * @param {string} name
 * @param {boolean} ok
 * @param {() => Counts} [read]  the stage's own counts, if it is made of tests
 */
function record(name, ok, read) {
  /** @type {Counts} */
  let count = { passed: 0, failed: 0, skipped: 0 };
  try {
    if (read) count = read();
  } catch {
    console.error(`${name} left no report.`);
  }
  // A stage may fail without a failing test: a lint, a crash, a missing report.
  if (!ok && count.failed === 0) count.failed = 1;
  counts.push(count);
}

/**
 * @param {(path: string) => import("./counts.mjs").TimedTest[]} read
 * @param {string} file
 * @returns {import("./counts.mjs").TimedTest[]} none if the stage left no report
 */
function timesOf(read, file) {
  try {
    return read(join(reports, file));
  } catch {
    return [];
  }
}
