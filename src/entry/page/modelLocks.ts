import type { ModelLocks } from "#train/session/environment.ts";

/** Base models in use over all tabs, by Web Locks: what a crashed tab had in use frees itself. */
export function webModelLocks(locks: LockManager): ModelLocks {
  const take = (modelId: string, options: LockOptions) =>
    new Promise<(() => void) | null>((resolve, reject) => {
      locks
        .request(`model:${modelId}`, options, (lock) => {
          if (!lock) return resolve(null);
          return new Promise<void>((release) => resolve(release));
        })
        .catch(reject);
    });
  return {
    // Never null: without `ifAvailable` it waits.
    share: async (modelId) => (await take(modelId, { mode: "shared" })) ?? (() => {}),
    takeAlone: (modelId) => take(modelId, { mode: "exclusive", ifAvailable: true }),
  };
}
