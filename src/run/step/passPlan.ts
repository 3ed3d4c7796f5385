import { isReached, type SlottedTerm } from "#model/deltas.ts";
import type { Layout, Matrix } from "#model/layout.ts";
import type { Parameter } from "#model/parameters.ts";
import type { PassPlan } from "#model/products.ts";
import type { StepPlan } from "#zo/plan.ts";

/**
 * Returns a function that says which matrices a pass over the weights has to read: those it perturbs
 * and those with an update pending. Its arguments are the plan of the probed step, or null if nothing
 * is perturbed, and the pending terms.
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
    const active = stages.filter((stage) => reach && isReached(reach, { stage, role: "matrix" }));
    const blocks = active.filter((stage) => typeof stage === "number");
    return {
      isProbed: (matrix) => reach !== null && trainable.has(matrix) && isReached(reach, matrix),
      isUpdated: (matrix) =>
        trainable.has(matrix) && pending.some((term) => isReached(term, matrix)),
      sharedBlocks: active.includes("input") ? null : Math.min(numBlocks, ...blocks),
    };
  };
}
