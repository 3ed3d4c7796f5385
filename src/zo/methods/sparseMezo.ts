import { number } from "../settings.ts";
import { defineMethod } from "./method.ts";
import { probeSettings, spsaPlan } from "./probes.ts";

/** Fraction of each matrix that is left out; default and help differ between methods. */
export function sparsitySetting(defaultValue: number, help: string) {
  return number({
    flag: "sparsity",
    label: "Sparsity",
    default: defaultValue,
    min: 0,
    max: 0.999,
    help,
    source: "Sparse-MeZO: 0.5 to 0.8 works, 0.8 best on most tasks",
  });
}

/**
 * Sparse-MeZO: MeZO on the small weights only.
 *
 *   h_i = the (1 − s) quantile of |θ₀| in tensor i, once;  m = |θ_t| ≤ h_i, every step anew;
 *   g = (L(θ + ε m⊙z) − L(θ − ε m⊙z)) / 2ε;  θ ← θ − η · g · m⊙z
 *
 * The mask is taken from the unperturbed weights, for the probe and its update alike, inside the weight
 * pass that reads them anyway; it is never stored.
 * @see Liu et al., "Sparse MeZO: Less Parameters for Better Performance in Zeroth-Order LLM
 *   Fine-Tuning" (2024), Algorithm 1 and section 3.4
 */
export const sparseMezo = defineMethod({
  id: "sparse_mezo",
  name: "Sparse-MeZO",
  summary:
    "MeZO on the small weights of every matrix only: noise in large weights does the most harm, so they are left out.",
  forwardPasses: "2 per direction",
  paper: {
    title: "Sparse MeZO: Less Parameters for Better Performance (2024)",
    url: "https://arxiv.org/abs/2402.15751",
  },
  aliases: ["sparse_mezo"],
  settings: {
    sparsity: sparsitySetting(
      0.75,
      "Fraction of each matrix that is left out because its weights are large. 0 is plain MeZO. Biases and layer norms are always trained.",
    ),
    ...probeSettings,
  },
  traits: ({ sparsity, gradientClip }) => ({ sparsity, gradientClip }),
  plan: spsaPlan,
});
