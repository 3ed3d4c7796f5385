import { expect, test } from "vitest";
import { memoryStack, stepTimeText, timeSource, timeStack } from "./stacks.ts";

test("memory stands in one order, with shares of the whole, and without what takes nothing", () => {
  const stack = memoryStack({ other: 1e6, snapshot: 0, weights: 3e6, unknown: 0 });
  expect(stack).toEqual([
    { key: "weights", name: "Weights", text: "3.0 MB", width: "75.00%" },
    { key: "other", name: "Tables", text: "1.0 MB", width: "25.00%" },
  ]);
});

test("the parts of a step's time make up the whole step", () => {
  const timing = {
    weightPassMs: 20,
    productsMs: 960,
    attentionMs: 10,
    restMs: 4.04,
    waitingMs: 205.96,
    step: 6,
    isEstimate: false,
  };
  const stack = timeStack(timing);
  expect(stack.map(({ text }) => text)).toEqual([
    "20.0 ms",
    "960 ms",
    "10.0 ms",
    "4.0 ms",
    "206 ms",
  ]);
  expect(stack[1]!.width).toBe("80.00%");
  expect(stepTimeText(timing)).toBe("1.2 s");
});

test("times that are estimated say so, part by part and at their foot", () => {
  const timing = {
    weightPassMs: 20,
    productsMs: 60,
    attentionMs: 10,
    restMs: 5,
    waitingMs: 5,
    step: 1056,
    isEstimate: true,
  };
  expect(timeStack(timing)[0]!.text).toBe("≈ 20.0 ms");
  // The step as a whole was measured.
  expect(stepTimeText(timing)).toBe("100 ms");
  expect(timeSource(timing)).toMatch(/^Estimate: this GPU offers no clock, .* before step 1,056;/);
  expect(timeSource({ ...timing, isEstimate: false })).toBe("By the GPU's clock, at step 1,056");
});
