// @ts-check
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { root } from "./paths.mjs";

/**
 * A Node program to run in the checkout.
 *
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} program
 * @property {string[]} args
 * @property {Record<string, string>} [env]  variables to add to the environment
 * @property {number} [limitMs]  time after which the stage is killed; 8 minutes by default
 *
 * @typedef {{name: string, ok: boolean}} Outcome
 */

// A hanging driver must not hang the whole run. A slow stage sets a longer limit of its own.
const defaultLimitMs = 8 * 60_000;

const isPosix = process.platform !== "win32";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

// Ctrl-C reaches this process alone, for the stages are in groups of their own.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => {
    for (const child of running) end(child);
    process.exit(128 + constants.signals[signal]);
  });
}

/**
 * Runs stages two at a time, the first ones first; a line for each, and all it said if it failed.
 *
 * @param {Stage[]} stages
 * @returns {Promise<Outcome[]>} in the order of `stages`
 */
export async function runQuietly(stages) {
  /** @type {Outcome[]} */
  const outcomes = [];
  const waiting = stages.entries();
  const worker = async () => {
    for (const [index, stage] of waiting) {
      const { ok, seconds, output } = await run(stage, false);
      outcomes[index] = { name: stage.name, ok };
      console.log(line(stage.name, ok, seconds));
      if (!ok) console.log(output.trimEnd());
    }
  };
  await Promise.all([worker(), worker()]);
  return outcomes;
}

/**
 * Runs one stage that shows what it does while it does it.
 *
 * @param {Stage} stage
 * @returns {Promise<Outcome>}
 */
export async function runAloud(stage) {
  console.log(`\n== ${stage.name}`);
  const { ok, seconds } = await run(stage, true);
  console.log(line(stage.name, ok, seconds));
  return { name: stage.name, ok };
}

/**
 * @param {Stage} stage
 * @param {boolean} isAloud
 * @returns {Promise<{ok: boolean, seconds: number, output: string}>}
 */
function run({ program, args, env, limitMs = defaultLimitMs }, isAloud) {
  const start = performance.now();
  const child = spawn(process.execPath, [join(root, program), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", isAloud ? "inherit" : "pipe", isAloud ? "inherit" : "pipe"],
    // A process group of its own, so that ending a stage ends the workers it started.
    detached: isPosix,
  });
  running.add(child);
  const timer = setTimeout(() => end(child), limitMs);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => {
      output += error.message;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const seconds = (performance.now() - start) / 1000;
      if (signal) output += `\nended by ${signal} after ${seconds.toFixed(0)} s`;
      resolve({ ok: code === 0, seconds, output });
    });
  });
}

/** @param {import("node:child_process").ChildProcess} child */
function end(child) {
  if (!isPosix || !child.pid) child.kill();
  else process.kill(-child.pid, "SIGKILL");
}

/**
 * @param {string} name
 * @param {boolean} ok
 * @param {number} seconds
 */
function line(name, ok, seconds) {
  return `${ok ? "ok    " : "FAILED"}  ${name.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s`;
}
