import { expect, test } from "vitest";
import { SubmitTimer } from "./submitTimer.ts";

/** A queue that is done with what it was handed when told so, in order. */
function slowQueue() {
  const waiting: (() => void)[] = [];
  const queue = {
    onSubmittedWorkDone: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
  const finish = async () => {
    waiting.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { device: { queue } as unknown as GPUDevice, finish };
}

test("each submit takes the time since the one before was done, the first since all before it", async () => {
  const { device, finish } = slowQueue();
  const timer = new SubmitTimer(device);
  let now = 100;
  timer.begin(() => now);
  for (const group of ["a", "b", "a"]) timer.submitted(group);
  for (const time of [110, 115, 135, 140]) {
    now = time;
    await finish();
  }
  expect(await timer.read()).toEqual({ a: 5 + 5, b: 20 });
});

test("of submits that are told of at once, the one that was at work has the time", async () => {
  const { device, finish } = slowQueue();
  const timer = new SubmitTimer(device);
  let now = 0;
  timer.begin(() => now);
  for (const group of ["a", "b", "c"]) timer.submitted(group);
  for (const time of [0, 8, 8, 9]) {
    now = time;
    await finish();
  }
  expect(await timer.read()).toEqual({ a: 8, b: 0, c: 1 });
});

test("nothing is said where no time passed, or the device was lost", async () => {
  const { device, finish } = slowQueue();
  const timer = new SubmitTimer(device);
  timer.begin(() => 7);
  timer.submitted("a");
  await finish();
  await finish();
  expect(await timer.read()).toBeNull();
  const lost = { queue: { onSubmittedWorkDone: () => Promise.reject(new Error("lost")) } };
  const late = new SubmitTimer(lost as unknown as GPUDevice);
  let now = 0;
  late.begin(() => now++);
  late.submitted("a");
  expect(await late.read()).toBeNull();
});
