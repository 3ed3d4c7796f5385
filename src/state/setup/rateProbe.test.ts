import { expect, test } from "vitest";
import type { LearningRateProbe } from "#session/reports.ts";
import { describeProbe, isProbeStale, probeCurve, probeRange, probeVerdict } from "./rateProbe.ts";

const probe: LearningRateProbe = {
  points: [
    { learningRate: 1e-5, loss: 0.69 },
    { learningRate: 1e-4, loss: 0.6 },
    { learningRate: 1e-3, loss: 4 },
    { learningRate: 1e-2, loss: null },
  ],
  lossBefore: 0.7,
  stepsEach: 20,
  rows: 64,
  suggested: 1e-4,
  isDone: true,
};

test("rates that ran away stand at the upper edge instead of flattening the rest", () => {
  const curve = probeCurve(probe);
  expect(curve.loss).toEqual([0.69, 0.6, null, null]);
  expect(curve.before).toEqual([0.7, 0.7, 0.7, 0.7]);
  const top = 0.7 + (0.7 - 0.6) * 1.5;
  expect(curve.beyond.map((value) => value?.toFixed(6) ?? null)).toEqual([
    null,
    null,
    top.toFixed(6),
    top.toFixed(6),
  ]);
});

test("a probe is told in a sentence, with what follows from it", () => {
  expect(describeProbe(probe)).toBe(
    "1e-5 to 0.01 tried, 20 steps each from the same weights: lowest loss 0.6000 at 1e-4, 0.7000 before.",
  );
  expect(probeVerdict(probe)).toContain("1e-4 lowered the loss on 64 rows");
  expect(probeVerdict({ ...probe, suggested: null })).toContain("No rate lowered the loss");
  expect(probeVerdict({ ...probe, isDone: false })).toBe("4 rates tried so far.");
});

test("the outer rates have room beside them", () => {
  expect(probeRange(probe)?.[0]).toBeLessThan(1e-5);
  expect(probeRange(probe)?.[1]).toBeGreaterThan(1e-2);
  expect(probeRange({ ...probe, points: [] })).toBeNull();
});

test("taking the suggested rate leaves a probe valid, another batch size does not", () => {
  const probed = { method: "mezo", learningRate: 1e-6, batchSize: 16 };
  expect(isProbeStale(probed, { ...probed, learningRate: 3e-4 })).toBe(false);
  expect(isProbeStale(probed, { ...probed, batchSize: 32 })).toBe(true);
  expect(isProbeStale(null, probed)).toBe(false);
});
