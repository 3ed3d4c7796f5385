import type { RunLocks } from "#session/environment.ts";
import { takeLock } from "./takeLock.ts";

const prefix = "run:";

/**
 * One writer per run over all tabs, by Web Locks: a crashed tab's lock frees itself. Holding one also
 * keeps browsers from freezing the tab to save energy.
 */
export function webLocks(locks: LockManager): RunLocks {
  // A lock is free some time after its release: until then, ours would look like another tab's.
  const leaving = new Map<string, Promise<unknown>>();
  return {
    acquire: async (runId) => {
      await leaving.get(runId);
      const letGo = await takeLock(locks, prefix + runId, { ifAvailable: true });
      if (!letGo) return null;
      return () => {
        const left = letGo().finally(() => leaving.delete(runId));
        leaving.set(runId, left);
      };
    },
    held: async () => {
      await Promise.all(leaving.values());
      const { held = [] } = await locks.query();
      const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(prefix));
      return new Set(names.map((name) => name.slice(prefix.length)));
    },
  };
}
