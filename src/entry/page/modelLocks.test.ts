import { expect, test } from "vitest";
import { webModelLocks } from "./modelLocks.ts";

test("any number of tabs can use a model, and none can remove it meanwhile", async () => {
  const locks = webModelLocks(lockManager());
  const first = await locks.share("a model");
  const second = await locks.share("a model");
  expect(await locks.takeAlone("a model")).toBeNull();
  expect(await locks.takeAlone("another")).not.toBeNull();
  first();
  await settled();
  expect(await locks.takeAlone("a model")).toBeNull();
  second();
  await settled();
  expect(await locks.takeAlone("a model")).not.toBeNull();
});

test("a model that is being removed can be used after its removal", async () => {
  const locks = webModelLocks(lockManager());
  const letGo = await locks.takeAlone("a model");
  let isShared = false;
  const sharing = locks.share("a model").then(() => {
    isShared = true;
  });
  await settled();
  expect([letGo !== null, isShared]).toEqual([true, false]);
  letGo?.();
  await sharing;
  expect(isShared).toBe(true);
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

/**
 * Node 20 has no Web Locks. Only what the specification says of requests that wait or do not.
 *
 * @see https://w3c.github.io/web-locks/#algorithm-request-lock
 */
function lockManager(): LockManager {
  const held: { readonly name: string; readonly mode: LockMode }[] = [];
  const isGrantable = (name: string, mode: LockMode) =>
    held.every((lock) => lock.name !== name || (lock.mode === "shared" && mode === "shared"));
  return {
    request: async (
      name: string,
      { mode = "exclusive", ifAvailable = false }: LockOptions,
      callback: LockGrantedCallback<unknown>,
    ) => {
      if (ifAvailable && !isGrantable(name, mode)) return callback(null);
      while (!isGrantable(name, mode)) await settled();
      const lock = { name, mode };
      held.push(lock);
      try {
        return await callback(lock);
      } finally {
        held.splice(held.indexOf(lock), 1);
      }
    },
    query: async () => ({ held, pending: [] }),
  } as unknown as LockManager;
}
