import { describe, expect, test } from "vitest";
import { noise } from "../noise.ts";
import type { StepContext, StepPlan } from "../plan.ts";
import { resolveSettings } from "../readSettings.ts";
import { round16 } from "../round16.ts";
import type { SettingValues } from "../settings.ts";
import { type Method, methods } from "./index.ts";

/**
 * The same trials for every method, without a GPU: a small vector stands for all weights, tensor b for
 * block b, the last tensor for the embeddings, and the losses are a quadratic's in closed form.
 */
const numBlocks = 4;
const tensors = numBlocks + 1;
const elementsPerTensor = 16;
const epsilon = round16(1e-3);

interface Trial {
  /** [tensors] */
  theta: readonly Float64Array[];
  snapshot: readonly Float64Array[];
  anchorGradient: number;
}

/** Σ (θ − 1)², over all tensors. */
function quadratic(theta: readonly Float64Array[]): number {
  return theta.reduce((sum, tensor) => sum + tensor.reduce((s, w) => s + (w - 1) ** 2, 0), 0);
}

function touches(plan: StepPlan, tensor: number): boolean {
  if (tensor === numBlocks) return plan.embeddings;
  return plan.activeBlocks === null || plan.activeBlocks.includes(tensor);
}

function moved(
  theta: readonly Float64Array[],
  plan: StepPlan,
  direction: StepPlan["terms"][number]["direction"],
  coefficient: number,
): Float64Array[] {
  return theta.map((weights, tensor) => {
    if (!touches(plan, tensor)) return weights;
    const z = noise("binomial", 42, direction, tensor, 0, elementsPerTensor);
    return weights.map((w, i) => w + coefficient * z[i]!);
  });
}

/** One step of a method as its plan says; `plan` is all that is used. Returns the coefficients. */
function follow(trial: Trial, plan: StepPlan): number[] {
  if (plan.rows === "anchor") trial.snapshot = trial.theta;
  const gradients = plan.probes.map(({ direction, at }) => {
    const base = at === "theta" ? trial.theta : trial.snapshot;
    const plus = quadratic(moved(base, plan, direction, epsilon));
    const minus = quadratic(moved(base, plan, direction, -epsilon));
    return (plus - minus) / (2 * epsilon);
  });
  if (plan.rows === "anchor") trial.anchorGradient = gradients[0]!;
  const read = (register: number | "anchor") =>
    register === "anchor" ? trial.anchorGradient : gradients[register]!;
  return plan.terms.map(({ direction, scale, plus, minus }) => {
    const g = read(plus) - (minus === undefined ? 0 : read(minus));
    const coefficient = round16(scale * g);
    trial.theta = moved(trial.theta, plan, direction, coefficient);
    return coefficient;
  });
}

function atZero(): Trial {
  const theta = Array.from({ length: tensors }, () => new Float64Array(elementsPerTensor));
  return { theta, snapshot: theta, anchorGradient: 0 };
}

function planAt(
  method: Method,
  settings: SettingValues,
  step: number,
  more: Partial<StepContext> = {},
): StepPlan {
  const context = {
    step,
    seed: 42,
    learningRate: 5e-3,
    scheduleFactor: 1,
    annealing: 1,
    numBlocks,
  };
  return method.plan(settings, { ...context, ...more });
}

function settingsOf({ description }: Method, more: SettingValues = {}): SettingValues {
  // A rate of a method's own must suit the quadratic as the common one does.
  const rates = description.settings.filter(({ key }) => /learningRate/i.test(key));
  const own = Object.fromEntries(rates.map(({ key }) => [key, 5e-3]));
  return resolveSettings({ method: description.id, ...own, ...more });
}

const named = methods.map((method) => [method.description.name, method] as const);

describe.each(named)("%s", (_, method) => {
  const settings = settingsOf(method);
  const plans = Array.from({ length: 40 }, (__, step) => planAt(method, settings, step));

  test("lowers a quadratic", () => {
    const trial = atZero();
    const before = quadratic(trial.theta);
    for (let step = 0; step < 400; step++) follow(trial, planAt(method, settings, step));
    expect(quadratic(trial.theta)).toBeLessThan(before / 2);
  });

  test("gives the same delta for the same seed and step, and another for another seed", () => {
    const coefficients = () => {
      const trial = atZero();
      return plans.map((plan) => follow(trial, plan));
    };
    expect(coefficients()).toEqual(coefficients());
    const shifted = plans.map((_plan, step) => planAt(method, settings, step, { seed: 43 }));
    expect(plans).toEqual(plans.map((_plan, step) => planAt(method, settings, step)));
    // The seed of a plain method works in the noise alone; a method that draws blocks draws others.
    if (plans.some(({ activeBlocks }) => activeBlocks !== null)) expect(shifted).not.toEqual(plans);
    else expect(shifted).toEqual(plans);
  });

  test("leaves what its plan does not name as it is, to the bit", () => {
    const trial = atZero();
    for (const plan of plans) {
      const before = trial.theta;
      follow(trial, plan);
      for (let tensor = 0; tensor < tensors; tensor++) {
        if (touches(plan, tensor)) expect(trial.theta[tensor]).not.toEqual(before[tensor]);
        else expect(trial.theta[tensor]).toBe(before[tensor]);
      }
    }
  });

  test("plans survive structuredClone and JSON", () => {
    for (const plan of plans) {
      expect(structuredClone(plan)).toEqual(plan);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    }
  });

  test("terms refer to probes of their step, or to an anchor that was kept before", () => {
    let hasAnchor = false;
    for (const plan of plans) {
      hasAnchor ||= plan.rows === "anchor";
      const registers = plan.terms.flatMap(({ plus, minus }) =>
        minus === undefined ? [plus] : [plus, minus],
      );
      for (const register of registers) {
        if (register === "anchor") expect(hasAnchor).toBe(true);
        else expect(plan.probes[register]).toBeDefined();
      }
    }
  });

  test("every step probes at least one direction, and moves along directions that were probed", () => {
    const probed = new Set<string>();
    for (const plan of plans) {
      expect(plan.probes.length).toBeGreaterThan(0);
      for (const { direction } of plan.probes) probed.add(JSON.stringify(direction));
      for (const { direction } of plan.terms) expect(probed).toContain(JSON.stringify(direction));
    }
  });

  test("the active blocks are blocks of the model, ascending, each named once", () => {
    for (const { activeBlocks } of plans) {
      if (activeBlocks === null) continue;
      expect(activeBlocks).toEqual([...new Set(activeBlocks)].sort((a, b) => a - b));
      for (const block of activeBlocks) {
        expect(block).toBeGreaterThanOrEqual(0);
        expect(block).toBeLessThan(numBlocks);
      }
    }
  });

  test("a correction by a snapshot is exactly zero where the weights are the snapshot", () => {
    for (const plan of plans) {
      const trial = atZero();
      const coefficients = follow(trial, plan);
      plan.terms.forEach(({ minus }, i) => {
        if (minus !== undefined) expect(Math.abs(coefficients[i]!)).toBe(0);
      });
    }
  });

  test("a learning rate of 0 moves nothing", () => {
    const still = { ...settings };
    for (const key of Object.keys(still)) if (/learningRate$/i.test(key)) still[key] = 0;
    for (const step of [0, 1]) {
      const plan = planAt(method, still, step, { learningRate: 0 });
      for (const { scale } of plan.terms) expect(Math.abs(scale)).toBe(0);
    }
  });

  test("scales every step with the schedule and with the rate it reports", () => {
    plans.forEach((plan, step) => {
      const more = { learningRate: 5e-3 / 4, scheduleFactor: 1 / 4 };
      const slower = planAt(method, settings, step, more);
      expect(slower.learningRate).toBe(plan.learningRate / 4);
      expect(slower.terms.map(({ scale }) => scale)).toEqual(
        plan.terms.map(({ scale }) => scale / 4),
      );
      const share = plan.terms.filter(({ direction }) => direction.step === step).length;
      for (const { scale } of plan.terms) {
        expect(-scale).toBeCloseTo(plan.learningRate / share, 15);
      }
    });
  });

  test("takes its share of weights that are too large to move from 0 up to, never at, 1", () => {
    const share = method.sparsity(settings);
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThan(1);
    if (method.description.settings.some(({ key }) => key === "sparsity")) {
      expect(method.sparsity({ ...settings, sparsity: 0.3 })).toBe(0.3);
    } else expect(share).toBe(0);
  });

  test("accepts its own defaults", () => {
    expect(() => method.check(settings)).not.toThrow();
  });
});

test("the directions of a step are averaged, each with a probe of its own", () => {
  for (const method of methods) {
    if (!method.description.settings.some(({ key }) => key === "directions")) continue;
    const plan = planAt(method, settingsOf(method, { directions: 3 }), 7);
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
  expect(() => resolveSettings(contradiction)).toThrow(/cannot be taken back.* Choose the copy/);
  expect(() => resolveSettings({ ...contradiction, dtype: "f32" })).not.toThrow();
  // Where nobody chose, the copy is the default.
  expect(resolveSettings({ method: "mezo_svrg", dtype: "f16" })["snapshot"]).toBe("copy");
  expect(resolveSettings({ method: "mezo_svrg" })["snapshot"]).toBe("deltas");
});

test("annealing divides both rates of MeZO-SVRG", () => {
  const svrg = methods.find(({ description }) => description.id === "mezo_svrg")!;
  const settings = settingsOf(svrg, { svrgQ: 3, anchorLearningRate: 1e-2 });
  const rates = (annealing: number) =>
    [0, 1].map((step) => planAt(svrg, settings, step, { annealing }).learningRate);
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
