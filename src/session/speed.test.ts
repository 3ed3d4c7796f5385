import { expect, test } from "vitest";
import { Speed } from "./speed.ts";

const steps = (count: number, milliseconds: number) =>
  Array.from({ length: count }, () => ({ milliseconds, tokens: 100 }));

test("the rate is that of the timed steps without the first, in which drivers compile", () => {
  const speed = new Speed();
  speed.add(steps(1, 5000));
  expect([speed.stepsPerSecond, speed.tokensPerSecond]).toEqual([null, null]);
  speed.add(steps(4, 250));
  expect([speed.stepsPerSecond, speed.tokensPerSecond]).toEqual([4, 400]);
});

test("the remaining time is known after ten timed steps, and again after a pause", () => {
  const speed = new Speed();
  speed.add(steps(10, 100));
  expect(speed.isCalibrated).toBe(false);
  speed.add(steps(1, 100));
  expect(speed.isCalibrated).toBe(true);
  speed.restart();
  expect(speed.isCalibrated).toBe(false);
  expect(speed.stepsPerSecond).toBeNull();
});

test("a rate follows the last 64 steps", () => {
  const speed = new Speed();
  speed.add(steps(100, 1000));
  speed.add(steps(64, 10));
  expect(speed.stepsPerSecond).toBeCloseTo(100);
});

test("the time of a step beyond what the GPU measured is waiting time, and never negative", () => {
  const speed = new Speed();
  const parts = { weightPass: 20, products: 60, attention: 5, rest: 5 };
  const timed = { step: 6, isEstimate: false };
  expect(speed.timingOf({ ...timed, parts })).toEqual({});
  speed.add(steps(11, 100));
  expect(speed.timingOf({ ...timed, parts }).timing).toEqual({
    weightPassMs: 20,
    productsMs: 60,
    attentionMs: 5,
    restMs: 5,
    waitingMs: 10,
    ...timed,
  });
  const long = { ...parts, products: 600 };
  expect(speed.timingOf({ ...timed, parts: long }).timing?.waitingMs).toBe(0);
  expect(speed.timingOf(null)).toEqual({});
});

test("an estimate whose parts took longer than a usual step is scaled to it", () => {
  const speed = new Speed();
  speed.add(steps(11, 100));
  const timed = { step: 6, isEstimate: true };
  const parts = { weightPass: 40, products: 120, attention: 20, rest: 20 };
  expect(speed.timingOf({ ...timed, parts }).timing).toEqual({
    weightPassMs: 20,
    productsMs: 60,
    attentionMs: 10,
    restMs: 10,
    waitingMs: 0,
    ...timed,
  });
});
