import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** A way to tell how long something took. */
export interface Clock {
  /** What a rate by this clock means, to stand below a table. */
  readonly meaning: string;
  /** Milliseconds, any origin. */
  now(): number;
}

export const wallClock: Clock = { meaning: "by the wall clock", now: () => performance.now() };

/**
 * Processor time of all threads but this one, as if every core had been free: what a software driver
 * took, whatever else the machine was doing. Null where the system does not tell (it is Linux's), and
 * of no use on a real GPU.
 */
export function driverClock(): Clock | null {
  const cores = availableParallelism();
  const now = () => {
    let nanoseconds = 0;
    for (const id of readdirSync("/proc/self/task")) {
      // This thread waits by asking again and again; that is no work.
      if (Number(id) !== process.pid) nanoseconds += threadTime(id);
    }
    return nanoseconds / 1e6 / cores;
  };
  try {
    now();
  } catch {
    return null;
  }
  return { meaning: `by the driver's processor time, as of ${cores} free cores`, now };
}

/** @see Linux, Documentation/scheduler/sched-stats.rst: first field of schedstat, in nanoseconds */
function threadTime(id: string): number {
  try {
    return Number(readFileSync(`/proc/self/task/${id}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0; // ended since it was listed
  }
}

/** The clock that tells most on this adapter. */
export function clockFor({ isSoftware }: { readonly isSoftware: boolean }): Clock {
  return (isSoftware ? driverClock() : null) ?? wallClock;
}
