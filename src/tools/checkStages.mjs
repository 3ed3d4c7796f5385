// @ts-check
/** @typedef {import("./stages.mjs").Stage} Stage */

/**
 * What needs no GPU and no browser, the longest first.
 *
 * @param {string} unitReport  where the unit tests' counts go
 * @returns {Stage[]}
 */
export function checkStages(unitReport) {
  const tsc = "node_modules/typescript/bin/tsc";
  return [
    vitestStage("unit", unitReport),
    { name: "types", program: tsc, args: ["--noEmit", "-p", "tsconfig.json"] },
    { name: "types of the engine, without a page", program: tsc, args: engineTypes },
    {
      name: "format and lint",
      program: "node_modules/@biomejs/biome/bin/biome",
      // Notes of level "info" are left out: they contradict noPropertyAccessFromIndexSignature.
      args: ["check", "--diagnostic-level=warn", "--colors=off"],
    },
    { name: "import rules", program: "src/tools/importRules.mjs", args: [] },
  ];
}

const engineTypes = ["--noEmit", "-p", "tsconfig.engine.json"];

/**
 * @param {"unit" | "gpu"} project
 * @param {string} report  file for the counts
 * @returns {Stage}
 */
export function vitestStage(project, report) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return {
    name: `${project} tests`,
    program: "node_modules/vitest/vitest.mjs",
    args: ["run", "--project", `${project}*`, ...reporters],
  };
}
