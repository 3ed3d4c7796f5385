import { ZerothError } from "#base/errors.ts";
import { annealingFactor } from "../annealing.ts";
import type { StepContext, StepPlan } from "../plan.ts";
import { choice, integer, number } from "../settings.ts";
import { defineMethod } from "./method.ts";

/**
 * MeZO-SVRG: zeroth-order SGD with variance reduction by a snapshot and full-batch anchors.
 *
 *   t mod q = 0:  θ̄ = θ_t;  g₀ over the anchor's examples along z(t);  θ ← θ − η₁ · g₀ · z(t)
 *   otherwise:    g at θ_t, ḡ at θ̄, same batch, same z(t);
 *                 θ ← θ − η₂ · [(g − ḡ) · z(t) + g₀ · z(t₀)]
 *
 * This is the paper's algorithm. The authors' published code differs: it keeps no snapshot (it copies a list
 * of references) and draws a new direction for ḡ. The anchor gradient is one direction and one
 * coefficient, never a vector.
 * @see Gautam et al., "Variance-reduced Zeroth-Order Methods for Fine-Tuning Language Models" (2024),
 *   Algorithm 1; annealing: Algorithm 4
 */
export const mezoSvrg = defineMethod({
  id: "mezo_svrg",
  name: "MeZO-SVRG",
  summary:
    "Every few steps an anchor takes the slope over all examples; the steps between correct it with a batch. Less noisy, but needs more forward passes.",
  forwardPasses: "4, and 2 over all examples at each anchor",
  weightCopies: { least: 0, most: 1 },
  paper: {
    title: "Variance-reduced Zeroth-Order Methods for Fine-Tuning Language Models (2024)",
    url: "https://arxiv.org/abs/2404.08080",
  },
  aliases: ["mezo_svrg"],
  memoryVariants: [
    { name: "MeZO-SVRG", settings: { method: "mezo_svrg" } },
    {
      name: "MeZO-SVRG with a copy of the weights",
      settings: { method: "mezo_svrg", snapshot: "copy" },
    },
  ],
  settings: {
    svrgQ: integer({
      flag: "svrg-q",
      label: "Anchor every",
      default: 2,
      min: 1,
      max: 16,
      help: "Steps from one anchor to the next. A larger number saves passes over all examples, but the snapshot gets older.",
      source: "MeZO-SVRG's scripts: 2",
    }),
    anchorLearningRate: number({
      flag: "lr-anchor",
      label: "Learning rate at anchors",
      default: 1e-5,
      min: 0,
      max: 1,
      isLearningRate: true,
      help: "Step size along the slope over all examples. It can be larger than that of the steps in between, which are noisier.",
      source: "MeZO-SVRG: 1e-3 to 1e-5 beside 1e-5 to 1e-6",
    }),
    anchorRows: integer({
      flag: "anchor-rows",
      label: "Examples at anchors",
      default: 0,
      min: 0,
      max: 1_000_000,
      help: "How many training examples an anchor evaluates, the first of a shuffled order. 0 means all, as in the paper; a few hundred make anchors much cheaper.",
      source: "MeZO-SVRG: all",
      advanced: true,
    }),
    snapshot: choice(
      { deltas: "as steps since the anchor", copy: "as a copy of the weights" },
      {
        flag: "snapshot",
        label: "Snapshot",
        default: "deltas",
        help: "How the weights at the last anchor are kept: by undoing the steps since then on the fly (no memory, a little more noise to generate), or as a second copy of all weights.",
        source: "npm run bench -- step: about the same time, no memory",
        advanced: true,
      },
    ),
    annealFactor: number({
      flag: "anneal",
      label: "Annealing factor α",
      default: 1,
      min: 1,
      max: 100,
      help: "Both learning rates are divided by this when the mean loss of an epoch exceeds that of two epochs before by the threshold below. 1 disables annealing.",
      source: "MeZO-SVRG's scripts: 3 to 5 where used",
      advanced: true,
    }),
    annealThreshold: number({
      flag: "anneal-threshold",
      label: "Annealing threshold κ",
      default: 1.05,
      min: 1,
      max: 10,
      help: "Ratio by which an epoch's loss must have risen before the learning rates are divided.",
      source: "MeZO-SVRG, Algorithm 4: 1.05",
      advanced: true,
    }),
  },
  traits: ({ snapshot, svrgQ, anchorRows, annealFactor }) => ({
    snapshot: { kind: snapshot, interval: svrgQ },
    anchorExamples: anchorRows,
    annealsByEpoch: annealFactor > 1,
  }),
  // Rounded updates cannot be undone, so f16 weights need the copy; `check` rejects the other choice.
  dependentDefaults: ({ dtype }) => (dtype === "f16" ? { snapshot: "copy" } : {}),
  memorySavings: ({ snapshot }) =>
    snapshot === "copy"
      ? [
          {
            words: "the snapshot kept as deltas",
            label: "Keep the snapshot as deltas",
            settings: { snapshot: "deltas" },
          },
        ]
      : [],
  check({ dtype, snapshot, weightDecay }) {
    if (snapshot === "copy") return;
    if (dtype === "f16") {
      throw new ZerothError(
        "E-CFG-3",
        "Updates of weights stored as f16 are rounded at random and cannot be undone step by step, so the " +
          "snapshot must be a copy of the weights. Choose the copy, or store weights as f32.",
      );
    }
    if (weightDecay > 0) {
      throw new ZerothError(
        "E-CFG-3",
        "Weight decay cannot be undone step by step, so the snapshot must be a copy of the weights. Choose " +
          "the copy, or set weight decay to 0.",
      );
    }
  },
  plan: (settings, context) =>
    context.step % settings.svrgQ === 0
      ? anchorStep(settings, context)
      : correctedStep(settings, context),
  annealing({ annealFactor, annealThreshold, svrgQ }, losses, batchesPerEpoch) {
    const onBatches = losses.filter(({ step }) => step % svrgQ !== 0).map(({ loss }) => loss);
    return annealingFactor(onBatches, batchesPerEpoch, annealThreshold, annealFactor);
  },
});

function anchorStep(
  { anchorLearningRate }: { readonly anchorLearningRate: number },
  { step, scheduleFactor, annealing }: StepContext,
): StepPlan {
  const direction = { step, probe: 0 };
  const learningRate = anchorLearningRate * scheduleFactor * annealing;
  return {
    kind: "anchor",
    examples: "anchor",
    probes: [{ direction, at: "theta" }],
    terms: [{ direction, scale: -learningRate, plus: 0 }],
    activeBlocks: null,
    embeddings: true,
    learningRate,
  };
}

function correctedStep(
  { svrgQ }: { readonly svrgQ: number },
  { step, learningRate: base, annealing }: StepContext,
): StepPlan {
  const direction = { step, probe: 0 };
  const anchor = { step: step - (step % svrgQ), probe: 0 };
  const learningRate = base * annealing;
  return {
    kind: "mini",
    examples: "batch",
    probes: [
      { direction, at: "theta" },
      { direction, at: "snapshot" },
    ],
    terms: [
      { direction, scale: -learningRate, plus: 0, minus: 1 },
      { direction: anchor, scale: -learningRate, plus: "anchor" },
    ],
    activeBlocks: null,
    embeddings: true,
    learningRate,
  };
}
