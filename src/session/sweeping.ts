import type { TakeAlone } from "#run/store/garbage.ts";
import type { RunStore } from "#run/store/runStore.ts";
import type { Environment } from "./environment.ts";

/** Gives back the room of what nothing refers to, beside whatever else goes on. */
export function sweepUp(runs: RunStore): void {
  // Nobody asked for it and nothing waits for it: where it fails, the next session finds the same.
  void runs.collectGarbage().catch(() => {});
}

/** Keeps the sweep off what any tab is at work on. */
export function takeAloneBy({ locks, modelLocks }: Environment): TakeAlone {
  return async (ownerId) =>
    (await locks.held()).has(ownerId) ? null : modelLocks.takeAlone(ownerId);
}
