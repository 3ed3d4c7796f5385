import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeviceLost } from "#base/errors.ts";
import { awaitGpu, detectSlowPolling, throwIfLost, workDone } from "./wait.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A device that polls its queue every `everyMs`, and at each submit. */
function pollingDevice(everyMs: number) {
  let waiting: (() => void)[] = [];
  let submits = 0;
  const poll = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  setInterval(poll, everyMs);
  const queue = {
    submit: () => {
      submits++;
      poll();
    },
    onSubmittedWorkDone: () => new Promise<void>((resolve) => void waiting.push(resolve)),
  };
  const device = { queue, lost: new Promise(() => {}) } as unknown as GPUDevice;
  return { device, submits: () => submits };
}

async function millisecondsOf(action: () => Promise<void>): Promise<number> {
  const started = performance.now();
  let took = Number.NaN;
  void action().then(() => {
    took = performance.now() - started;
  });
  await vi.advanceTimersByTimeAsync(1000);
  return took;
}

test("a browser that polls slowly is nudged while a wait lasts, and not after", async () => {
  const { device, submits } = pollingDevice(100);
  expect(await millisecondsOf(() => detectSlowPolling(device))).toBeGreaterThan(50);
  expect(await millisecondsOf(() => workDone(device))).toBeLessThan(5);
  const after = submits();
  await vi.advanceTimersByTimeAsync(1000);
  expect(submits()).toBe(after);
});

test("a browser that reports at once is not nudged", async () => {
  const { device, submits } = pollingDevice(2);
  await millisecondsOf(() => detectSlowPolling(device));
  await millisecondsOf(() => workDone(device));
  expect(submits()).toBe(0);
});

test("a rejection of any kind from a lost device becomes DeviceLost", async () => {
  const { device } = pollingDevice(2);
  const refused = Promise.reject(new DOMException("Instance dropped", "OperationError"));
  await expect(awaitGpu(device, refused)).rejects.toThrow(DeviceLost);
});

test("throwIfLost throws only if the device is lost", async () => {
  const { device } = pollingDevice(2);
  const isThere = throwIfLost(device);
  await vi.advanceTimersByTimeAsync(10);
  await isThere;
  const lost = Promise.resolve({ message: "It crashed.", reason: "unknown" });
  await expect(throwIfLost({ lost } as unknown as GPUDevice)).rejects.toThrow("It crashed.");
});
