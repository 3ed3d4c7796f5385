import type { StepContext, StepPlan } from "../plan.ts";
import { integer, number } from "../settings.ts";

/** Settings of every method whose step is an SPSA estimate over one or more directions. */
export const probeSettings = {
  directions: integer({
    flag: "directions",
    label: "Directions per step",
    default: 1,
    min: 1,
    max: 16,
    help: "Random directions tried in each step and averaged. More directions give a less noisy step at proportionally higher cost.",
    source: "MeZO, Algorithm 1: one direction",
    advanced: true,
  }),
  gradientClip: number({
    flag: "gradient-clip",
    label: "Gradient clipping",
    default: 0,
    min: 0,
    max: 1000,
    help: "Clips the projected gradient to this multiple of its running mean magnitude. 3 to 5 is typical; 0 disables clipping.",
    source: "MeZO does not clip",
    advanced: true,
  }),
};

/**
 * n-SPSA: the step along each of n directions is a 1/n share.
 *
 *   θ ← θ − (η / n) · Σ g_j z_j
 *
 * @see Malladi et al. (2023), Algorithm 2
 */
export function spsaPlan(
  { directions }: { readonly directions: number },
  { step, learningRate }: StepContext,
): StepPlan {
  const probes = Array.from({ length: directions }, (_, probe) => ({
    direction: { step, probe },
    at: "theta" as const,
  }));
  const terms = probes.map(({ direction }, plus) => ({
    direction,
    scale: -learningRate / directions,
    plus,
  }));
  return {
    examples: "batch",
    probes,
    terms,
    activeBlocks: null,
    embeddings: true,
    learningRate,
  };
}
