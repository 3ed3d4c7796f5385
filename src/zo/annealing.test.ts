import { expect, test } from "vitest";
import { annealingFactor } from "./annealing.ts";

const epoch = 3;

/** Losses of epochs with these means, uneven within each. */
function epochs(...means: readonly number[]): number[] {
  return means.flatMap((mean) => [mean - 0.1, mean, mean + 0.1]);
}

test("rates do not change while the loss falls", () => {
  expect(annealingFactor(epochs(9, 8, 7, 6, 5, 4, 3), epoch, 1.05, 5)).toBe(1);
});

test("an epoch whose loss is above that of the one two before it divides the rates", () => {
  // Gautam et al. (2024), Algorithm 4: m1 over the last epoch, m2 over the one two before; m1/m2 > κ.
  expect(annealingFactor(epochs(1, 1, 1, 1, 1.2), epoch, 1.05, 5)).toBe(1 / 5);
});

test("a rise within the threshold does not change the rates", () => {
  expect(annealingFactor(epochs(1, 1, 1, 1, 1.04), epoch, 1.05, 5)).toBe(1);
});

test("each bad epoch divides the rates once more", () => {
  expect(annealingFactor(epochs(1, 1, 1, 1, 2, 3, 1), epoch, 1.05, 2)).toBe(1 / 4);
});

test("rates do not change before the fifth epoch is complete", () => {
  expect(annealingFactor(epochs(1, 1, 5, 5), epoch, 1.05, 5)).toBe(1);
  expect(annealingFactor(epochs(1, 1, 1, 1, 9).slice(0, -1), epoch, 1.05, 5)).toBe(1);
});

test("an unfinished epoch changes nothing", () => {
  const losses = epochs(1, 1, 1, 1, 2);
  const factor = annealingFactor(losses, epoch, 1.05, 5);
  expect(annealingFactor([...losses, 99, 99], epoch, 1.05, 5)).toBe(factor);
});

test("a factor of 1 disables annealing", () => {
  expect(annealingFactor(epochs(1, 1, 1, 1, 9), epoch, 1.05, 1)).toBe(1);
});
