import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Driver } from "../../reference/testing/drivers.ts";

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout, line by line. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));

const hosts = new Map<Driver, ChildProcess>();
let last: Promise<unknown> = Promise.resolve();

/** The command line with these arguments, in a process on that driver that all its commands share. */
export function zeroth(driver: Driver, ...args: readonly string[]): Promise<Outcome> {
  const outcome = last.then(() => ask(hostOn(driver), args));
  last = outcome.catch(() => {});
  return outcome;
}

function hostOn(driver: Driver): ChildProcess {
  const known = hosts.get(driver);
  if (known?.connected) return known;
  const host = fork("src/entry/testing/commandHost.ts", {
    cwd: root,
    env: { ...process.env, ...driver.env },
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  hosts.set(driver, host);
  return host;
}

function ask(host: ChildProcess, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`The process died of: zeroth ${args.join(" ")}`));
    host.once("exit", onExit);
    host.once("message", ({ code, stdout, stderr }: Omit<Outcome, "lines">) => {
      host.off("exit", onExit);
      // An exception in this handler would leave the test without an answer.
      try {
        resolve({ code, stdout, stderr, lines: hasLines(code) ? parse(stdout) : [] });
      } catch (error) {
        reject(error);
      }
    });
    host.send(args);
  });
}

/** As `zeroth`, in a Node of its own, as a person starts it. */
export function zerothAlone(driver: Driver, ...args: readonly string[]): Promise<Outcome> {
  const command = ["--import", "tsx", "src/entry/node.ts", ...args];
  const env = { ...process.env, ...driver.env };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, stdout, stderr, lines: hasLines(code) ? parse(stdout) : [] });
    });
  });
}

/**
 * Runs `zeroth` as its own process, which gets a signal once it has printed so many lines. Returns its
 * complete lines, and the exit code: null if the signal ended it.
 */
export function zerothSignalled(
  driver: Driver,
  signal: "SIGKILL" | "SIGINT",
  numLines: number,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly lines: Outcome["lines"] }> {
  const command = ["--import", "tsx", "src/entry/node.ts", ...args];
  const env = { ...process.env, ...driver.env };
  const child = spawn(process.execPath, command, { cwd: root, env });
  let stdout = "";
  let isSent = false;
  child.stdout.on("data", (bytes) => {
    stdout += String(bytes);
    if (isSent || stdout.split("\n").length <= numLines) return;
    isSent = true;
    child.kill(signal);
  });
  return new Promise((resolve) => {
    // A last line without its end was cut off by the end of the process.
    child.on("close", (code) => {
      resolve({ code, lines: parse(stdout.slice(0, stdout.lastIndexOf("\n") + 1)) });
    });
  });
}

/** A run that ended, well or diverged. */
function hasLines(code: number): boolean {
  return code === 0 || code === 3;
}

/** As `zeroth`. @throws Error with stderr unless it ended well */
export async function zerothWell(driver: Driver, ...args: readonly string[]): Promise<Outcome> {
  const outcome = await zeroth(driver, ...args);
  if (outcome.code !== 0) throw new Error(`zeroth ${args.join(" ")}: ${outcome.stderr}`);
  return outcome;
}

function parse(text: string): Readonly<Record<string, unknown>>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
