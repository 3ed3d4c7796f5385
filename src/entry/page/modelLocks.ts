import type { ModelLocks } from "#session/environment.ts";
import { takeLock } from "./takeLock.ts";

/** Base models in use over all tabs, by Web Locks: what a crashed tab had in use frees itself. */
export function webModelLocks(locks: LockManager): ModelLocks {
  const take = async (modelId: string, options: LockOptions) => {
    const letGo = await takeLock(locks, `model:${modelId}`, options);
    return letGo && (() => void letGo());
  };
  return {
    // Never null: without `ifAvailable` it waits.
    share: async (modelId) => (await take(modelId, { mode: "shared" })) ?? (() => {}),
    takeAlone: (modelId) => take(modelId, { mode: "exclusive", ifAvailable: true }),
  };
}
