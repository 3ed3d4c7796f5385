import { defineMethod } from "./method.ts";
import { probeSettings, spsaPlan } from "./probes.ts";

/**
 * MeZO: zeroth-order SGD with an SPSA estimate of the gradient.
 *
 *   z ~ noise(step);  g = (L(θ + εz; B) − L(θ − εz; B)) / 2ε;  θ ← θ − η · g · z
 *
 * @see Malladi et al., "Fine-Tuning Language Models with Just Forward Passes" (2023), Algorithms 1, 2
 */
export const mezo = defineMethod({
  id: "mezo",
  name: "MeZO",
  summary:
    "Tries one random direction over all weights, forward and backward, and steps along it by how much the loss changed.",
  forwardPasses: "2 per direction",
  paper: {
    title: "Fine-Tuning Language Models with Just Forward Passes (2023)",
    url: "https://arxiv.org/abs/2305.17333",
  },
  aliases: ["zo", "mezo"],
  runPyTrainer: "zo",
  settings: probeSettings,
  traits: ({ gradientClip }) => ({ gradientClip }),
  plan: spsaPlan,
});
