import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

/** Environment variables that make Dawn use a Vulkan driver. A process can choose one only when it starts. */
const Drivers = z.array(z.object({ name: z.string(), env: z.record(z.string(), z.string()) }));
export type Driver = z.infer<typeof Drivers>[number];

/** Every driver of this machine, as vitest.config.ts found them. */
export const drivers: readonly Driver[] = Drivers.parse(
  JSON.parse(process.env["ZEROTH_DRIVERS"] ?? "[]"),
);

/**
 * Runs a script in its own Node process on a driver and returns the JSON it prints.
 *
 * @param script  from the project's root
 * @throws Error with the output of the script if it fails
 */
export async function reportOf(driver: Driver, script: string): Promise<unknown> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const run = promisify(execFile)(process.execPath, ["--import", "tsx", script], {
    cwd: root,
    env: { ...process.env, ...driver.env },
    maxBuffer: 64 * 1024 * 1024,
  });
  const { stdout } = await run.catch(acceptCrashAtExit);
  return JSON.parse(stdout);
}

/** SwiftShader's threads sometimes crash an exiting process; by then the report is complete. */
function acceptCrashAtExit(error: unknown): { stdout: string } {
  const Crash = z.object({ signal: z.literal("SIGSEGV"), stdout: z.string().endsWith("}") });
  const crash = Crash.safeParse(error);
  if (crash.success) return crash.data;
  throw error;
}
