import { describe, expect, test } from "vitest";
import { pendingTerms } from "#model/deltas.ts";
import { planLayout } from "#model/layout.ts";
import type { Parameter } from "#model/parameters.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { trainableBy } from "#model/trainable.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { passPlans } from "./stepPasses.ts";
import { planAt } from "./stepPlans.ts";

const config = oddConfig({ num_hidden_layers: 4 });
const projected = oddConfig({ num_hidden_layers: 4, word_embed_proj_dim: 20 });
const layout = planLayout(config, 1 << 27);
const everything = () => true;

function lezo(step: number, more: Readonly<Record<string, unknown>> = {}) {
  const settings = resolveSettings({ method: "lezo", embedPolicy: "frozen", ...more });
  return planAt(settings, config.numHiddenLayers, step);
}

const steps = Array.from({ length: 20 }, (_, step) => step);

describe("a LeZO step with frozen embeddings", () => {
  test("shares the blocks below the first active one", () => {
    const seen = new Set<number | null>();
    for (const step of steps) {
      const plan = lezo(step);
      const { sharedBlocks } = passPlans(layout, everything)(plan, []);
      expect(sharedBlocks).toBe(Math.min(...(plan.activeBlocks ?? [])));
      seen.add(sharedBlocks);
    }
    // Of four blocks two are drawn, so the first of them is 0, 1 or 2.
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });

  test("shares all blocks if none is active", () => {
    const plan = lezo(0, { lezoSparsity: 1 });
    expect(passPlans(layout, everything)(plan, []).sharedBlocks).toBe(4);
  });

  test("perturbs the matrices of its active blocks and no others", () => {
    for (const step of steps) {
      const plan = lezo(step);
      const { isProbed } = passPlans(layout, everything)(plan, []);
      for (const matrix of layout.matrices.values()) {
        const isActive =
          typeof matrix.stage === "number" && plan.activeBlocks!.includes(matrix.stage);
        expect(isProbed(matrix), matrix.name).toBe(isActive);
      }
    }
  });

  test("writes the pending update in the active blocks of the step before", () => {
    const before = lezo(0, { lezoSparsity: 0.75 });
    const pending = pendingTerms(before, 0, 0);
    const { isUpdated } = passPlans(layout, everything)(lezo(1), pending);
    const written = [...layout.matrices.values()].filter(isUpdated);
    expect(new Set(written.map(({ stage }) => stage))).toEqual(new Set(before.activeBlocks));
  });
});

test("no blocks are shared if the embeddings are perturbed", () => {
  for (const step of steps) {
    const plan = lezo(step, { embedPolicy: "always" });
    expect(passPlans(layout, everything)(plan, []).sharedBlocks).toBeNull();
    const sampled = lezo(step, { embedPolicy: "sampled" });
    const { sharedBlocks } = passPlans(layout, everything)(sampled, []);
    expect(sharedBlocks === null).toBe(sampled.embeddings);
  }
});

describe("a step that trains part of the model", () => {
  const planOf = (more: Readonly<Record<string, unknown>>, model = config) => {
    const settings = resolveSettings({ method: "mezo", ...more });
    const its = planLayout(model, 1 << 27);
    const isTrainable = trainableBy(settings, model, its.table);
    const step = planAt(settings, model.numHiddenLayers, 0);
    return { ...passPlans(its, isTrainable)(step, pendingTerms(step, 0, 0)), its, isTrainable };
  };

  test("training the last blocks shares all blocks before them, although the final norm is trained too", () => {
    const last = { trainable: "last", trainableBlocks: 1 };
    expect(planOf(last).sharedBlocks).toBe(3);
    expect(planOf(last, projected).sharedBlocks).toBe(3);
  });

  test("training parameters by name shares the blocks below the first of them", () => {
    const named = (trainablePattern: string, model = config) =>
      planOf({ trainable: "named", trainablePattern }, model).sharedBlocks;
    expect(named("*.layers.2.fc1.*")).toBe(2);
    expect(named("*.layers.2.fc1.*, *.layers.1.fc2.bias")).toBe(1);
    expect(named("*.final_layer_norm.weight, *.layers.3.*")).toBe(0);
    expect(named("model.decoder.final_layer_norm.weight")).toBe(4);
    expect(named("*.project_out.*", projected)).toBe(4);
    expect(named("*.project_in.*", projected)).toBeNull();
    expect(named("*.embed_positions.*")).toBeNull();
  });

  test("frozen matrices are neither perturbed nor written", () => {
    const { isProbed, isUpdated, its, isTrainable } = planOf({
      trainable: "named",
      trainablePattern: "*.layers.1.fc1.weight",
    });
    for (const matrix of its.matrices.values()) {
      const parameters: Parameter[] = matrix.shards.flatMap(({ pieces }) =>
        pieces.map(({ parameter }) => parameter),
      );
      expect(isProbed(matrix)).toBe(parameters.some(isTrainable));
      expect(isUpdated(matrix)).toBe(parameters.some(isTrainable));
    }
  });
});

test("without a step nothing is perturbed, and the pending update is written", () => {
  const settings = resolveSettings({ method: "mezo" });
  const step = planAt(settings, config.numHiddenLayers, 0);
  const { isProbed, isUpdated } = passPlans(layout, everything)(null, pendingTerms(step, 0, 0));
  for (const matrix of layout.matrices.values()) {
    expect([isProbed(matrix), isUpdated(matrix)]).toEqual([false, true]);
  }
});
