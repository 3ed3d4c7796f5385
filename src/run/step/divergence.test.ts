import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DivergenceWatch, divergenceMessage } from "./divergence.ts";

// Losses of real runs of the demo: test/fixtures/README.md says how they were made. The zero-shot loss of
// its validation set is 0.50.
const file = new URL("../../../test/fixtures/losses.json", import.meta.url);
const curves: Readonly<Record<string, readonly number[]>> = JSON.parse(readFileSync(file, "utf8"));
const stepsOf = (losses: readonly number[]) =>
  losses.map((loss, i) => ({ step: i + 1, lossPlus: loss, lossMinus: loss }));

/** The steps at which the watch reports, given steps in groups. */
function reportsAt(
  losses: readonly number[],
  zeroShot: number | undefined,
  group: number,
): number[] {
  const watch = new DivergenceWatch(zeroShot);
  const steps = stepsOf(losses);
  const reported: number[] = [];
  for (let i = 0; i < steps.length; i += group) {
    const found = watch.add(steps.slice(i, i + group));
    if (found) reported.push(found.step);
  }
  return reported;
}

describe.each([0.4962, undefined])("with a loss before training of %s", (zeroShot) => {
  test.each(["good", "noisy", "hot"])("a %s run is not reported", (name) => {
    expect(reportsAt(curves[name]!, zeroShot, 7)).toEqual([]);
  });

  test.each([
    ["hotter", 100],
    ["blown", zeroShot === undefined ? 80 : 60],
  ])("a run that is %s is reported once, by step %i", (name, step) => {
    for (const group of [1, 7, 64])
      expect(reportsAt(curves[name]!, zeroShot, group)).toEqual([step]);
  });
});

test("neither a spike nor two high means are reported", () => {
  const calm = Array(100).fill(0.6);
  const spiky = calm.map((loss, i) => (i === 50 ? 60 : loss));
  expect(reportsAt(spiky, 0.6, 10)).toEqual([]);
  const twice = calm.map((loss, i) => (i >= 20 && i < 60 ? 5 : loss));
  expect(reportsAt(twice, 0.6, 10)).toEqual([]);
});

test("a loss close to zero may triple", () => {
  expect(reportsAt([...Array(20).fill(0.01), ...Array(80).fill(0.3)], undefined, 10)).toEqual([]);
});

test("the message says what happened and what to do", () => {
  const found = new DivergenceWatch(0.4962).add(stepsOf(curves["blown"]!));
  expect(divergenceMessage(found!, false)).toMatch(
    /^The loss rose from 0.496 to 5.99e\+3 by step 60 .*smaller one\. The run continues\.$/,
  );
});
