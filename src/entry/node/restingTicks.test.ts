import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { restDawn } from "./restingTicks.ts";

restDawn();
const turn = promisify(setImmediate);

/** How often a function is called that asks for its next turn again, between two times of its wait. */
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

// A bound function looks to Node as one of native code does.
const native = (ask: () => void) => ask.bind(null);

test("whoever asks for news natively and waits long is called a few times, not all the time", async () => {
  const count = await asks(native, 5, 100);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(96); // a sleep is a millisecond at least
});

test("each new wait begins without a rest", async () => {
  for (let wait = 0; wait < 3; wait++) {
    const called = asks(native, 0, 1);
    await turn(); // not delayed by the wait before
    expect(await called).toBeGreaterThan(0);
  }
});

test("other code's turns come at once, and can be cleared", async () => {
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

test("resting once is enough", () => {
  const resting = setImmediate;
  restDawn();
  expect(setImmediate).toBe(resting);
});
