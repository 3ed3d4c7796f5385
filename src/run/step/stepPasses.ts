import type { PassState } from "#gpu/kernels.gen.ts";
import { blockMask, isActive, type SlottedTerm } from "#model/deltas.ts";
import type { Layout, Matrix } from "#model/layout.ts";
import type { Parameter } from "#model/parameters.ts";
import type { PassPlan } from "#model/products.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { keyOf } from "#zo/philox.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";
import { usesMask } from "#zo/resolveSettings.ts";
import { round16 } from "#zo/rounding.ts";

/**
 * Returns a function that selects the matrices a weight pass has to read: those it perturbs and those
 * with an update pending. Its arguments are the plan of the probed step, or null if nothing is
 * perturbed, and the pending terms.
 */
export function passPlans(
  { table, matrices, numBlocks }: Layout,
  isTrainable: (parameter: Parameter) => boolean,
): (plan: StepPlan | null, pending: readonly SlottedTerm[]) => PassPlan {
  const trainable = new Set<Matrix>();
  for (const matrix of matrices.values()) {
    const parameters = matrix.shards.flatMap(({ pieces }) => pieces.map((p) => p.parameter));
    if (parameters.some(isTrainable)) trainable.add(matrix);
  }
  const stages = [...new Set(table.filter(isTrainable).map(({ stage }) => stage))];
  return (plan, pending) => {
    const reach = plan && { blocks: plan.activeBlocks, embeddings: plan.embeddings };
    const active = stages.filter((stage) => reach && isActive(reach, { stage, role: "matrix" }));
    const blocks = active.filter((stage) => typeof stage === "number");
    return {
      isProbed: (matrix) => reach !== null && trainable.has(matrix) && isActive(reach, matrix),
      isUpdated: (matrix) =>
        trainable.has(matrix) && pending.some((term) => isActive(term, matrix)),
      sharedBlocks: active.includes("input") ? null : Math.min(numBlocks, ...blocks),
    };
  };
}

/**
 * Returns the uniform of a weight pass. Of the terms in the buffer, the first `updates` are added to
 * the weights, and the next `offsets` only to the perturbed copies.
 *
 * @param probed the direction that is probed, or null if nothing is perturbed
 */
export type PassStates = (
  probed: { readonly plan: StepPlan; readonly probe: Probe } | null,
  updates: number,
  offsets: number,
) => PassState;

export function passStates(settings: RunSettings): PassStates {
  const [seedLow, seedHigh] = keyOf(settings.seed);
  const epsilon = round16(settings.epsilon);
  const isMasked = usesMask(settings);
  return (probed, updates, offsets) => {
    const [low, high] = blockMask(probed === null ? [] : probed.plan.activeBlocks);
    return {
      seed_low: seedLow,
      seed_high: seedHigh,
      probe_step: probed?.probe.direction.step ?? 0,
      probe_index: probed?.probe.direction.probe ?? 0,
      probe_blocks_low: low,
      probe_blocks_high: high,
      probe_embeddings: Number(probed?.plan.embeddings ?? false),
      probe_enabled: Number(probed !== null),
      epsilon,
      update_count: updates,
      offset_count: offsets,
      mask_by_magnitude: Number(isMasked),
      other_index: probed?.probe.other?.probe ?? 0,
      other_epsilon: probed?.probe.other ? epsilon : 0,
    };
  };
}
