import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DivergenceWatch, divergenceMessage, isFarAbove } from "./divergence.ts";

// Curves of real runs of the demo: test/fixtures/README.md says how they were made. The validation loss
// before training is 0.50.
const file = new URL("../../../test/fixtures/losses.json", import.meta.url);
interface Curve {
  readonly losses: readonly number[];
  readonly projectedGrads: readonly number[];
}
const curves: Readonly<Record<string, Curve>> = JSON.parse(readFileSync(file, "utf8"));
const stepsOf = ({ losses, projectedGrads }: Curve) =>
  losses.map((loss, i) => ({
    step: i + 1,
    lossPlus: loss,
    lossMinus: loss,
    projectedGrad: projectedGrads[i]!,
  }));
const calm = (losses: readonly number[]): Curve => ({
  losses,
  projectedGrads: losses.map(() => 1),
});

/** The steps at which the watch reports, given steps in groups. */
function reportsAt(curve: Curve, startLoss: number | undefined, group: number): number[] {
  const watch = new DivergenceWatch(startLoss);
  const steps = stepsOf(curve);
  const reported: number[] = [];
  for (let i = 0; i < steps.length; i += group) {
    const found = watch.add(steps.slice(i, i + group));
    if (found) reported.push(found.step);
  }
  return reported;
}

describe.each([0.4962, undefined])("with a loss before training of %s", (startLoss) => {
  test.each(["good", "noisy", "hot"])("a %s run is not reported", (name) => {
    expect(reportsAt(curves[name]!, startLoss, 7)).toEqual([]);
  });

  test.each([
    ["hotter", startLoss === undefined ? 85 : 60],
    ["blown", startLoss === undefined ? 25 : 15],
    ["extreme", startLoss === undefined ? 10 : 5],
  ])("a run that is %s is reported once, by step %i", (name, step) => {
    for (const group of [1, 7, 64]) {
      expect(reportsAt(curves[name]!, startLoss, group)).toEqual([step]);
    }
  });
});

test("neither a spike nor two high means are reported", () => {
  const losses = Array(100).fill(0.6);
  const spiky = losses.map((loss, i) => (i === 50 ? 60 : loss));
  expect(reportsAt(calm(spiky), 0.6, 10)).toEqual([]);
  const twice = losses.map((loss, i) => (i >= 20 && i < 30 ? 50 : loss));
  expect(reportsAt(calm(twice), 0.6, 10)).toEqual([]);
});

test("a loss close to zero may triple", () => {
  expect(isFarAbove(0.01, 0.3)).toBe(false);
  expect(isFarAbove(0.01, 0.52)).toBe(true);
  const curve = calm([...Array(20).fill(0.01), ...Array(80).fill(0.3)]);
  expect(reportsAt(curve, undefined, 10)).toEqual([]);
});

test("a loss that is not finite is far above any start", () => {
  expect(isFarAbove(0.5, Number.NaN)).toBe(true);
  expect(isFarAbove(0.5, Number.POSITIVE_INFINITY)).toBe(true);
});

test("a loss that returned to its start is no longer diverged", () => {
  const losses = [...Array(20).fill(0.6), ...Array(20).fill(5), ...Array(20).fill(0.6)];
  const watch = new DivergenceWatch(0.6);
  watch.add(stepsOf(calm(losses.slice(0, 40))));
  expect(watch.current).toMatchObject({ startLoss: 0.6, loss: 5 });
  watch.add(stepsOf(calm(losses)).slice(40));
  expect(watch.current).toBeNull();
});

test("the warning names the run, the losses and what to do", () => {
  const found = new DivergenceWatch(0.4962).add(stepsOf(curves["blown"]!));
  expect(divergenceMessage('"demo"', found!, false)).toMatch(
    /^"demo" diverges: its loss rose from 0.496 to 19.4 by step 15\. .*smaller one\. The run continues\.$/,
  );
});
