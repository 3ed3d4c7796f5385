import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { throttleDawn } from "./throttleDawn.ts";

throttleDawn();
const turn = promisify(setImmediate);

/** Number of calls of a function that queues itself again, between two times of its wait. */
async function asks(start: (ask: () => void) => () => void, fromMs: number, toMs: number) {
  const started = performance.now();
  let count = 0;
  await new Promise<void>((resolve) => {
    const ask: () => void = start(() => {
      const waited = performance.now() - started;
      if (waited >= toMs) return resolve();
      if (waited >= fromMs) count++;
      setImmediate(ask);
    });
    setImmediate(ask);
  });
  return count;
}

// To Node, a bound function is native code.
const native = (ask: () => void) => ask.bind(null);

test("native code that polls during a long wait is called about once a millisecond", async () => {
  const count = await asks(native, 5, 100);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(96); // a sleep is a millisecond at least
});

test("each new wait begins without a delay", async () => {
  for (let wait = 0; wait < 3; wait++) {
    const called = asks(native, 0, 1);
    await turn(); // not delayed by the wait before
    expect(await called).toBeGreaterThan(0);
  }
});

test("callbacks of other code run at once, and can be cleared", async () => {
  const slept = vi.spyOn(globalThis, "setTimeout");
  expect(await asks((ask) => ask, 0, 20)).toBeGreaterThan(0);
  expect(slept).not.toHaveBeenCalled();
  slept.mockRestore();
  let isCalled = false;
  clearImmediate(
    setImmediate(() => {
      isCalled = true;
    }),
  );
  await turn();
  await turn();
  expect(isCalled).toBe(false);
});

test("throttling twice changes nothing", () => {
  const throttled = setImmediate;
  throttleDawn();
  expect(setImmediate).toBe(throttled);
});
