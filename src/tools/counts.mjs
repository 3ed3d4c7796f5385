// @ts-check
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */
/** @typedef {{name: string, ms: number}} TimedTest */
/** @typedef {{title: string, file: string, tests: {results: {duration: number}[]}[]}} Spec */
/** @typedef {{suites?: Suite[], specs?: Spec[]}} Suite */

/**
 * @param {string} path  a report of Vitest's "json" reporter
 * @returns {Counts} a file that could not be loaded counts as one failed test
 * @throws {Error} if there is no readable report
 */
export function vitestCounts(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  /** @type {{status: string, assertionResults: {status: string}[]}[]} */
  const files = report.testResults;
  const unloaded = files.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * @param {string} path  a report of Playwright's "json" reporter
 * @returns {Counts} an error outside any test counts as one failed test
 * @throws {Error} if there is no readable report
 */
export function playwrightCounts(path) {
  const { stats, errors } = JSON.parse(readFileSync(path, "utf8"));
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  };
}

/**
 * @param {string} path  a report of Vitest's "json" reporter
 * @returns {TimedTest[]} the tests that ran
 * @throws {Error} if there is no readable report
 */
export function vitestTimes(path) {
  /** @type {{name: string, assertionResults: {fullName: string, duration?: number | null}[]}[]} */
  const files = JSON.parse(readFileSync(path, "utf8")).testResults;
  return files.flatMap(({ name, assertionResults }) =>
    assertionResults.flatMap(({ fullName, duration }) =>
      duration ? [{ name: `${basename(name)}: ${fullName}`, ms: duration }] : [],
    ),
  );
}

/**
 * @param {string} path  a report of Playwright's "json" reporter
 * @returns {TimedTest[]} the tests that ran
 * @throws {Error} if there is no readable report
 */
export function playwrightTimes(path) {
  /** @type {Suite[]} */
  const suites = JSON.parse(readFileSync(path, "utf8")).suites;
  return suites.flatMap(suiteTimes);
}

/**
 * @param {Suite} suite
 * @returns {TimedTest[]}
 */
function suiteTimes({ suites = [], specs = [] }) {
  return [
    ...suites.flatMap(suiteTimes),
    ...specs.flatMap(({ title, file, tests }) =>
      tests.flatMap(({ results }) =>
        results.map(({ duration }) => ({ name: `${file}: ${title}`, ms: duration })),
      ),
    ),
  ];
}

/**
 * @param {readonly TimedTest[]} times
 * @returns {string[]} a line for each of the ten slowest tests, the slowest first
 */
export function slowestLines(times) {
  return [...times]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 10)
    .map(({ name, ms }) => `${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`);
}

/**
 * @param {Counts[]} counts
 * @returns {string} "N passed, N failed", and what was skipped if anything was
 */
export function summaryLine(counts) {
  const sum = (/** @type {keyof Counts} */ key) =>
    counts.reduce((total, count) => total + count[key], 0);
  const skipped = sum("skipped");
  return `${sum("passed")} passed, ${sum("failed")} failed${skipped ? `, ${skipped} skipped` : ""}`;
}
