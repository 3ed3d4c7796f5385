import { ZerothError } from "#base/errors.ts";
import { noiseSetting } from "../commonSettings.ts";
import { integer, number } from "../settings.ts";
import { defineMethod } from "./method.ts";

/**
 * FZOO: many one-sided directions a step, with loss differences divided by their standard deviation.
 *
 *   l_i = L(θ + εu_i), i = 1 … n;  l_0 = L(θ);  σ = std(l_1 … l_n) with n − 1
 *   θ ← θ − η · Σ (l_i − l_0) / (n · max(σ, 1e-6)) · u_i
 *
 * As in the authors' code, the difference is not divided by ε: the learning rate is the size of an update, about
 * η / √n per weight, whatever the scale of the loss. σ is the sample deviation of the paper's equation 5. Two
 * one-sided losses are the two halves of one pass, so n + 1 is even.
 *
 * @see Dang et al., "FZOO: Fast Zeroth-Order Optimizer for Fine-Tuning Large Language Models towards Adam-Scale
 *   Speed" (2025)
 */
export const fzoo = defineMethod({
  id: "fzoo",
  name: "FZOO",
  summary:
    "Tries several directions on one side each and divides the loss differences by their spread, so one learning rate suits many models.",
  forwardPasses: "8, or as set",
  paper: {
    title: "FZOO: Fast Zeroth-Order Optimizer for Fine-Tuning Large Language Models (2025)",
    url: "https://arxiv.org/abs/2506.09034",
  },
  aliases: ["fzoo"],
  settings: {
    passes: integer({
      flag: "passes",
      label: "Forward passes per step",
      default: 8,
      min: 4,
      max: 16,
      help: "One pass at the current weights and one for each direction. An even number, because passes run in pairs.",
      source: "FZOO uses 8 directions; 7 and the current weights make 4 pairs",
    }),
    learningRate: number({
      flag: "lr",
      label: "Learning rate",
      default: 1e-5,
      min: 0,
      max: 1,
      help: "Size of an update: a weight changes by about this much divided by the square root of the directions, whatever the scale of the loss.",
      source: "FZOO's script; its README has 5e-5",
    }),
    noise: noiseSetting("rademacher", "FZOO"),
  },
  traits: () => ({ isOneSided: true }),
  check({ passes }) {
    if (passes % 2 === 0) return;
    throw new ZerothError(
      "E-CFG-1",
      `Forward passes per step is ${passes}; it should be an even number.`,
    );
  },
  plan({ passes }, { step, learningRate }) {
    const directions = Array.from({ length: passes - 1 }, (_, probe) => ({ step, probe }));
    return {
      examples: "batch",
      probes: directions
        .filter((_, i) => i % 2 === 0)
        .map((direction, pair) => ({
          direction,
          at: "theta",
          other: directions[2 * pair + 1] ?? null,
        })),
      terms: directions.map((direction, plus) => ({
        direction,
        scale: -learningRate / directions.length,
        plus,
      })),
      activeBlocks: null,
      embeddings: true,
      learningRate,
    };
  },
});
