import { expect, test } from "vitest";
import { defaultLearningRate, resolveSettingsFor } from "./defaultLearningRate.ts";

// The demo's rate was measured (docs/benchmarks.md); MeZO, Table 16, has 1e-6 and 1e-7 for OPT-13B.
test.each([
  [169_344, 2e-4],
  [125_239_296, 7e-6],
  [1_315_758_080, 2e-6],
  [12_853_473_280, 7e-7],
])("a model of %i parameters starts with a learning rate of %f", (parameterCount, expected) => {
  expect(defaultLearningRate("mezo", parameterCount)).toBe(expected);
  expect(resolveSettingsFor({ method: "lezo" }, parameterCount).learningRate).toBe(expected);
});

test("a learning rate that is set stays", () => {
  expect(resolveSettingsFor({ method: "mezo", learningRate: 3e-5 }, 1e9).learningRate).toBe(3e-5);
});

test("MeZO-SVRG's rate at anchors stays ten times the other, unless it is set", () => {
  const svrg = { method: "mezo_svrg" };
  const byDefault = resolveSettingsFor(svrg, 170_000);
  expect(byDefault).toMatchObject({ learningRate: 2e-4 });
  expect(Number(Reflect.get(byDefault, "anchorLearningRate"))).toBeCloseTo(2e-3, 12);
  const given = resolveSettingsFor({ ...svrg, anchorLearningRate: 1e-4 }, 170_000);
  expect(given).toMatchObject({ learningRate: 2e-4, anchorLearningRate: 1e-4 });
});

test("FZOO's rate is its own at any size", () => {
  expect(resolveSettingsFor({ method: "fzoo" }, 170_000).learningRate).toBe(1e-5);
  expect(resolveSettingsFor({ method: "fzoo" }, 1e10).learningRate).toBe(1e-5);
});
