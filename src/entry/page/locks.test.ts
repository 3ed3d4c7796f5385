import { expect, test } from "vitest";
import { webLocks } from "./locks.ts";

/** As browsers have it: a lock is freed some time after its callback has settled. */
function slowLocks(): LockManager {
  const held = new Set<string>();
  const later = () => new Promise((resolve) => setTimeout(resolve, 0));
  const request = async (
    name: string,
    _: LockOptions,
    callback: (lock: Lock | null) => unknown,
  ): Promise<unknown> => {
    await later();
    if (held.has(name)) return callback(null);
    held.add(name);
    try {
      return await callback({ name, mode: "exclusive" });
    } finally {
      await later();
      await later();
      held.delete(name);
    }
  };
  const query = async () => ({ held: [...held].map((name) => ({ name })) });
  return { request, query } as unknown as LockManager;
}

test("a released lock can be acquired again at once", async () => {
  const locks = webLocks(slowLocks());
  const release = await locks.acquire("a");
  release?.();
  expect(await locks.acquire("a")).not.toBeNull();
});

test("a lock that another tab holds cannot be acquired", async () => {
  const manager = slowLocks();
  await webLocks(manager).acquire("a");
  expect(await webLocks(manager).acquire("a")).toBeNull();
  expect(await webLocks(manager).acquire("b")).not.toBeNull();
});

test("a released lock is no longer reported as held", async () => {
  const locks = webLocks(slowLocks());
  const release = await locks.acquire("a");
  expect(await locks.held()).toEqual(new Set(["a"]));
  release?.();
  expect(await locks.held()).toEqual(new Set());
});
