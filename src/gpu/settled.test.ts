import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeviceLost } from "#base/errors.ts";
import { refuseLost, settled, watchWaits, workDone } from "./settled.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A device that tells what is done `everyMs`, or when something is submitted. */
function deviceLooking(everyMs: number) {
  let waiting: (() => void)[] = [];
  let submits = 0;
  const look = () => {
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  setInterval(look, everyMs);
  const queue = {
    submit: () => {
      submits++;
      look();
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

test("a browser that looks by a timer is asked to look while someone waits", async () => {
  const { device, submits } = deviceLooking(100);
  expect(await millisecondsOf(() => watchWaits(device))).toBeGreaterThan(50);
  expect(await millisecondsOf(() => workDone(device))).toBeLessThan(5);
  const after = submits();
  await vi.advanceTimersByTimeAsync(1000);
  expect(submits()).toBe(after);
});

test("one that tells by itself is left alone", async () => {
  const { device, submits } = deviceLooking(2);
  await millisecondsOf(() => watchWaits(device));
  await millisecondsOf(() => workDone(device));
  expect(submits()).toBe(0);
});

test("whatever a lost GPU refuses with, it is told as lost", async () => {
  const { device } = deviceLooking(2);
  const refused = Promise.reject(new DOMException("Instance dropped", "OperationError"));
  await expect(settled(device, refused)).rejects.toThrow(DeviceLost);
});

test("a failure is laid to a lost GPU only where it is lost", async () => {
  const { device } = deviceLooking(2);
  const isThere = refuseLost(device);
  await vi.advanceTimersByTimeAsync(10);
  await isThere;
  const lost = Promise.resolve({ message: "It crashed.", reason: "unknown" });
  await expect(refuseLost({ lost } as unknown as GPUDevice)).rejects.toThrow("It crashed.");
});
