import type { SlottedTerm } from "#model/deltas.ts";
import type { Layout, Matrix } from "#model/layout.ts";
import type { Block, Parameter } from "#model/parameters.ts";
import type { PassPlan } from "#model/products.ts";
import type { StepPlan } from "#zo/plan.ts";

/**
 * What a pass over the weights touches: matrices with nothing to perturb and nothing pending are not
 * even read for it. What depends on the run alone is found out once; a step asks at every part.
 *
 * @returns a function of the step whose probe the pass is, null if nothing is perturbed, and of the
 *   terms that are pending
 */
export function passPlans(
  { table, matrices }: Layout,
  isTrainable: (parameter: Parameter) => boolean,
): (plan: StepPlan | null, pending: readonly SlottedTerm[]) => PassPlan {
  const movable = new Set<Matrix>();
  for (const matrix of matrices.values()) {
    const parameters = matrix.shards.flatMap(({ pieces }) => pieces.map((p) => p.parameter));
    if (parameters.some(isTrainable)) movable.add(matrix);
  }
  const trainable = table.filter(isTrainable);
  const movesInput = trainable.some(({ name, block }) => block === null && !isAtTheEnd(name));
  const movingBlocks = [...new Set(trainable.map(({ block }) => block))].filter(isNumber);
  const numBlocks = Math.max(...table.map(({ block }) => (isNumber(block) ? block + 1 : 0)));
  return (plan, pending) => {
    const isActive = (block: Block) =>
      plan !== null && touches(plan.activeBlocks, plan.embeddings, block);
    const sharedBlocks = Math.min(numBlocks, ...movingBlocks.filter(isActive));
    return {
      isProbed: (matrix) => movable.has(matrix) && isActive(matrix.block),
      isUpdated: (matrix) =>
        movable.has(matrix) &&
        pending.some(({ blocks: active, embeddings }) => touches(active, embeddings, matrix.block)),
      sharedBlocks: movesInput && isActive(null) ? null : sharedBlocks,
    };
  };
}

function touches(blocks: readonly number[] | null, embeddings: boolean, block: Block): boolean {
  if (block === "head") return true;
  if (block === null) return embeddings;
  return blocks === null || blocks.includes(block);
}

function isNumber(block: Block): block is number {
  return typeof block === "number";
}

/** Parameters outside the blocks that come after them. The tied embedding is at both ends. */
function isAtTheEnd(name: string): boolean {
  return /\.(final_layer_norm\.|project_out\.)/.test(name);
}
