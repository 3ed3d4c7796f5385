import { describe, expect, test } from "vitest";
import { resolveSettings } from "../resolveSettings.ts";
import { planAt, settingsOf, testMethod } from "../testing/methodTrials.ts";
import { methods } from "./index.ts";

describe.each(methods.map((method) => [method.description.name, method] as const))(
  "%s",
  (_, method) => testMethod(method),
);

test("the directions of a step are averaged, each with a probe of its own", () => {
  for (const method of methods) {
    if (!method.description.settings.some(({ key }) => key === "directions")) continue;
    const plan = planAt(settingsOf(method, { directions: 3 }), 7);
    expect(plan.probes.map(({ direction }) => direction.probe)).toEqual([0, 1, 2]);
    expect(plan.terms.map(({ scale }) => scale)).toEqual([-5e-3 / 3, -5e-3 / 3, -5e-3 / 3]);
  }
});

test("weight decay and a snapshot kept as steps contradict each other, and the words say what to do", () => {
  const contradiction = { method: "mezo_svrg", weightDecay: 0.01 };
  expect(() => resolveSettings(contradiction)).toThrow(/the copy, or set weight decay to 0/);
  expect(() => resolveSettings({ ...contradiction, snapshot: "copy" })).not.toThrow();
  expect(() => resolveSettings({ ...contradiction, weightDecay: 0 })).not.toThrow();
});

test("updates rounded at random and a snapshot kept as steps contradict each other", () => {
  const contradiction = { method: "mezo_svrg", dtype: "f16", snapshot: "deltas" };
  expect(() => resolveSettings(contradiction)).toThrow(/cannot be undone.* Choose the copy/);
  expect(() => resolveSettings({ ...contradiction, dtype: "f32" })).not.toThrow();
  // Where nobody chose, the copy is the default.
  expect(resolveSettings({ method: "mezo_svrg", dtype: "f16" })).toMatchObject({
    snapshot: "copy",
  });
  expect(resolveSettings({ method: "mezo_svrg" })).toMatchObject({ snapshot: "deltas" });
});

test("annealing divides both rates of MeZO-SVRG", () => {
  const svrg = methods.find(({ description }) => description.id === "mezo_svrg")!;
  const settings = settingsOf(svrg, { svrgQ: 3, anchorLearningRate: 1e-2 });
  const rates = (annealing: number) =>
    [0, 1].map((step) => planAt(settings, step, { annealing }).learningRate);
  expect(rates(1)).toEqual([1e-2, 5e-3]);
  expect(rates(0.25)).toEqual([1e-2 / 4, 5e-3 / 4]);
});

test("every method has an id of its own and says what it costs and where it is from", () => {
  const ids = methods.map(({ description }) => description.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { description } of methods) {
    expect(description.paper.url).toMatch(/^https:/);
    expect(description.forwardPasses).not.toBe("");
  }
});
