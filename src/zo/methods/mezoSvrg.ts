import { ZerothError } from "#base/errors.ts";
import type { StepContext, StepPlan } from "../plan.ts";
import { numberSetting, type SettingValues } from "../settings.ts";
import { weightDtypeOf } from "../weightDtype.ts";
import type { Method } from "./method.ts";

/**
 * MeZO-SVRG: zeroth-order SGD with variance reduction by a snapshot and full-batch anchors.
 *
 *   t mod q = 0:  θ̄ = θ_t;  g₀ over the anchor rows along z(t);  θ ← θ − η₁ · g₀ · z(t)
 *   otherwise:    g at θ_t, ḡ at θ̄, same rows, same z(t);
 *                 θ ← θ − η₂ · [(g − ḡ) · z(t) + g₀ · z(t₀)]
 *
 * This is the paper's algorithm. The authors' published code keeps no snapshot (it copies a list of
 * references) and draws a fresh direction for ḡ; neither is repeated here. The anchor gradient is one
 * direction and one coefficient, never a vector.
 * @see Gautam et al., "Variance-reduced Zeroth-Order Methods for Fine-Tuning Language Models" (2024),
 *   Algorithm 1; annealing: Algorithm 4
 */
export const mezoSvrg: Method = {
  description: {
    id: "mezo_svrg",
    name: "MeZO-SVRG",
    summary:
      "Every few steps the slope over all rows is taken as an anchor; the steps between correct it with a batch. Steadier, and dearer in forward passes.",
    forwardPasses: "4, and 2 over all rows at each anchor",
    extraMemory: "none, or a copy of the weights",
    paper: {
      title: "Variance-reduced Zeroth-Order Methods for Fine-Tuning Language Models (2024)",
      url: "https://arxiv.org/abs/2404.08080",
    },
    settings: [
      {
        key: "svrgQ",
        flag: "svrg-q",
        label: "Anchor every",
        type: "integer",
        default: 2,
        min: 1,
        max: 16,
        help: "Steps from one anchor to the next. A larger number saves passes over all rows and lets the snapshot age.",
        source: "MeZO-SVRG's scripts: 2",
      },
      {
        key: "anchorLearningRate",
        flag: "lr-anchor",
        label: "Learning rate at anchors",
        type: "number",
        default: 1e-5,
        min: 0,
        max: 1,
        help: "Size of the step along the slope over all rows. It may be larger than that of the steps between, which are noisier.",
        source: "MeZO-SVRG: 1e-3 to 1e-5 beside 1e-5 to 1e-6",
      },
      {
        key: "anchorRows",
        flag: "anchor-rows",
        label: "Rows at anchors",
        type: "integer",
        default: 0,
        min: 0,
        max: 1_000_000,
        help: "How many training rows an anchor looks at, the first of a shuffled order. 0 means all of them, as in the paper; a few hundred make anchors much cheaper.",
        source: "MeZO-SVRG: all",
        advanced: true,
      },
      {
        key: "snapshot",
        flag: "snapshot",
        label: "Snapshot",
        type: "choice",
        default: "deltas",
        choices: [
          { value: "deltas", label: "as steps since the anchor" },
          { value: "copy", label: "as a copy of the weights" },
        ],
        help: "How the weights at the last anchor are kept: by taking back the steps since on the fly (no memory, a little noise to draw), or as a second copy of all weights.",
        source: "npm run bench -- step: about the same time, no memory",
        advanced: true,
      },
      {
        key: "annealFactor",
        flag: "anneal",
        label: "Annealing factor α",
        type: "number",
        default: 1,
        min: 1,
        max: 100,
        help: "Both learning rates are divided by this when the mean loss of the last epoch is above the one before the last by the factor below. 1 is off.",
        source: "MeZO-SVRG's scripts: 3 to 5 where used",
        advanced: true,
      },
      {
        key: "annealThreshold",
        flag: "anneal-threshold",
        label: "Annealing threshold κ",
        type: "number",
        default: 1.05,
        min: 1,
        max: 10,
        help: "How much the loss of an epoch must have risen before the rates are annealed.",
        source: "MeZO-SVRG, Algorithm 4: 1.05",
        advanced: true,
      },
    ],
  },
  sparsity: () => 0,
  // Rounded updates cannot be taken back: `check` says so to whoever asks for it.
  usual: ({ dtype }) => (dtype === "f16" ? { snapshot: "copy" } : {}),
  check(settings) {
    if (weightDtypeOf(settings) === "f16" && settings["snapshot"] === "deltas") {
      throw new ZerothError(
        "E-CFG-1",
        "Updates of weights stored as f16 are rounded at random and cannot be taken back step by step, " +
          "so the snapshot must be a copy of the weights. Choose the copy, or store weights as f32.",
      );
    }
    const isDecaying = numberSetting(settings, "weightDecay") > 0;
    if (isDecaying && settings["snapshot"] === "deltas") {
      throw new ZerothError(
        "E-CFG-1",
        "Weight decay cannot be taken back step by step, so the snapshot must be a copy of the weights " +
          "with it. Choose the copy, or set weight decay to 0.",
      );
    }
  },
  plan(settings, context) {
    const q = numberSetting(settings, "svrgQ");
    const common = { activeBlocks: null, embeddings: true };
    return context.step % q === 0
      ? { ...anchorStep(settings, context), ...common }
      : { ...miniStep(q, context), ...common };
  },
};

type Estimate = Pick<StepPlan, "rows" | "probes" | "terms" | "learningRate" | "kind">;

function anchorStep(settings: SettingValues, context: StepContext): Estimate {
  const direction = { step: context.step, probe: 0 };
  const learningRate =
    numberSetting(settings, "anchorLearningRate") * context.scheduleFactor * context.annealing;
  return {
    kind: "anchor",
    rows: "anchor",
    probes: [{ direction, at: "theta" }],
    terms: [{ direction, scale: -learningRate, plus: 0 }],
    learningRate,
  };
}

function miniStep(q: number, { step, learningRate: base, annealing }: StepContext): Estimate {
  const direction = { step, probe: 0 };
  const anchor = { step: step - (step % q), probe: 0 };
  const learningRate = base * annealing;
  return {
    kind: "mini",
    rows: "batch",
    probes: [
      { direction, at: "theta" },
      { direction, at: "snapshot" },
    ],
    terms: [
      { direction, scale: -learningRate, plus: 0, minus: 1 },
      { direction: anchor, scale: -learningRate, plus: "anchor" },
    ],
    learningRate,
  };
}
