import { expect, test } from "vitest";
import type { RunSettings } from "../commonSettings.ts";
import type { Method } from "../methods/method.ts";
import { noise } from "../noise.ts";
import type { StepContext, StepPlan } from "../plan.ts";
import { methodOf, resolveSettings } from "../resolveSettings.ts";
import { round16 } from "../rounding.ts";
import type { SettingValues } from "../settings.ts";

// The model of these tests: tensor b stands for block b, the last tensor for the embeddings, and the loss
// is a quadratic of all weights.
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
  if (plan.examples === "anchor") trial.snapshot = trial.theta;
  const losses = plan.probes.flatMap(({ direction, other }) =>
    other === undefined
      ? []
      : [direction, other].map((d) =>
          quadratic(d === null ? trial.theta : moved(trial.theta, plan, d, epsilon)),
        ),
  );
  const differences = losses.slice(0, -1).map((loss) => loss - losses.at(-1)!);
  const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const sigma = Math.sqrt(squares / (differences.length - 1));
  const oneSided = differences.map((d) => d / sigma);
  const twoSided = plan.probes.map(({ direction, at }) => {
    const base = at === "theta" ? trial.theta : trial.snapshot;
    const plus = quadratic(moved(base, plan, direction, epsilon));
    const minus = quadratic(moved(base, plan, direction, -epsilon));
    return (plus - minus) / (2 * epsilon);
  });
  const gradients = losses.length > 0 ? oneSided : twoSided;
  if (plan.examples === "anchor") trial.anchorGradient = gradients[0]!;
  const read = (register: number | "anchor") =>
    register === "anchor" ? trial.anchorGradient : gradients[register]!;
  return plan.terms.map(({ direction, scale, plus, minus }) => {
    const g = read(plus) - (minus === undefined ? 0 : read(minus));
    const coefficient = round16(scale * g);
    trial.theta = moved(trial.theta, plan, direction, coefficient);
    return coefficient;
  });
}

/** Projected gradients that a step has: one for each direction. */
function registersOf({ probes }: StepPlan): number {
  return probes.reduce((n, { other }) => n + (other ? 2 : 1), 0);
}

function atZero(): Trial {
  const theta = Array.from({ length: tensors }, () => new Float64Array(elementsPerTensor));
  return { theta, snapshot: theta, anchorGradient: 0 };
}

/** The plan of a step on a model of four blocks. */
export function planAt(
  settings: RunSettings,
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
  return methodOf(settings).plan(settings, { ...context, ...more });
}

/** A method's settings with learning rates that suit the quadratic. */
export function settingsOf({ description }: Method, more: SettingValues = {}): RunSettings {
  const rates = description.settings.filter(({ isLearningRate }) => isLearningRate);
  const own = Object.fromEntries(rates.map(({ key }) => [key, 5e-3]));
  return resolveSettings({ method: description.id, ...own, ...more });
}

/** Tests that every method must pass, without a GPU. The method must be registered. */
export function testMethod(method: Method): void {
  const settings = settingsOf(method);
  const rates = method.description.settings.filter(({ isLearningRate }) => isLearningRate);
  const zeroRates = Object.fromEntries(rates.map(({ key }) => [key, 0]));
  const plans = Array.from({ length: 40 }, (__, step) => planAt(settings, step));

  test("lowers a quadratic", () => {
    const trial = atZero();
    const before = quadratic(trial.theta);
    for (let step = 0; step < 1000; step++) follow(trial, planAt(settings, step));
    expect(quadratic(trial.theta)).toBeLessThan(before / 2);
  });

  test("gives the same delta for the same seed and step, and another for another seed", () => {
    const coefficients = () => {
      const trial = atZero();
      return plans.map((plan) => follow(trial, plan));
    };
    expect(coefficients()).toEqual(coefficients());
    const shifted = plans.map((_plan, step) => planAt(settings, step, { seed: 43 }));
    expect(plans).toEqual(plans.map((_plan, step) => planAt(settings, step)));
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

  test("terms refer to probes of their step, or to an anchor that was kept before", () => {
    let hasAnchor = false;
    for (const plan of plans) {
      hasAnchor ||= plan.examples === "anchor";
      const registers = plan.terms.flatMap(({ plus, minus }) =>
        minus === undefined ? [plus] : [plus, minus],
      );
      for (const register of registers) {
        if (register === "anchor") expect(hasAnchor).toBe(true);
        else expect(register).toBeLessThan(registersOf(plan));
      }
    }
  });

  test("every step probes at least one direction, and moves along directions that were probed", () => {
    const probed = new Set<string>();
    for (const plan of plans) {
      expect(plan.probes.length).toBeGreaterThan(0);
      for (const { direction, other } of plan.probes) {
        probed.add(JSON.stringify(direction));
        if (other) probed.add(JSON.stringify(other));
      }
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
    const still = settingsOf(method, { learningRate: 0, ...zeroRates });
    for (const step of [0, 1]) {
      const plan = planAt(still, step, { learningRate: 0 });
      for (const { scale } of plan.terms) expect(Math.abs(scale)).toBe(0);
    }
  });

  test("scales every step with the schedule and with the rate it reports", () => {
    plans.forEach((plan, step) => {
      const more = { learningRate: 5e-3 / 4, scheduleFactor: 1 / 4 };
      const slower = planAt(settings, step, more);
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

  test("leaves out a fraction of the large weights from 0 up to, but not including, 1", () => {
    const { sparsity } = method.traits(settings);
    expect(sparsity).toBeGreaterThanOrEqual(0);
    expect(sparsity).toBeLessThan(1);
  });

  test("has the active share that its plans have on average", () => {
    const share = method.activeShare(settings, numBlocks);
    const active = plans.map(({ activeBlocks }) => activeBlocks?.length ?? numBlocks);
    const mean = active.reduce((sum, n) => sum + n, 0) / plans.length / numBlocks;
    // Plans that draw blocks have the same number of them each step, or one block more or less.
    expect(Math.abs(share.blocks - mean)).toBeLessThanOrEqual(1 / numBlocks);
    if (plans.every(({ embeddings }) => embeddings)) expect(share.embeddings).toBe(1);
  });

  test("retakes its snapshot in the steps its traits name", () => {
    const { snapshot } = method.traits(settings);
    plans.forEach(({ examples, probes }, step) => {
      const isAnchor = snapshot !== null && step % snapshot.interval === 0;
      expect(examples).toBe(isAnchor ? "anchor" : "batch");
      if (probes.some(({ at }) => at === "snapshot")) expect(snapshot).not.toBeNull();
    });
  });

  test("accepts its own defaults", () => {
    expect(() => method.check(settings)).not.toThrow();
  });
}
