import { ranked } from "../draws.ts";
import type { StepContext } from "../plan.ts";
import { choice, number } from "../settings.ts";
import { defineMethod } from "./method.ts";
import { probeSettings, spsaPlan } from "./probes.ts";
import { sparsitySetting } from "./sparseMezo.ts";

interface BlockSettings {
  readonly lezoSparsity: number;
  readonly embedPolicy: "always" | "sampled" | "frozen";
}

/**
 * LeZO: MeZO on a random subset of the transformer blocks, drawn anew each step.
 *
 *   A_t = the N − d blocks ranked first at step t, d = ⌊ρN + ½⌋;  z is zero outside A_t
 *
 * Blocks outside A_t are neither perturbed nor written, and no noise is generated for them.
 * @see Wang et al., "Simultaneous Computation and Memory Efficient Zeroth-Order Optimizer for
 *   Fine-Tuning Large Language Models" (2024), section 4
 */
export const lezo = defineMethod({
  id: "lezo",
  name: "LeZO",
  summary:
    "MeZO on a few blocks at a time, drawn anew each step. The other blocks are skipped, so a step is cheaper.",
  forwardPasses: "2 per direction",
  paper: {
    title: "Simultaneous Computation and Memory Efficient Zeroth-Order Optimizer (2024)",
    url: "https://arxiv.org/abs/2410.09823",
  },
  aliases: ["lezo"],
  settings: {
    lezoSparsity: number({
      flag: "lezo-sparsity",
      label: "Blocks left out",
      default: 0.5,
      min: 0,
      max: 1,
      help: "Fraction of the transformer blocks that each step leaves out. The paper uses 0.25 to 0.9; larger fractions need larger learning rates.",
      source: "Half; the paper leaves out up to three quarters on 40 blocks",
    }),
    embedPolicy: choice(
      { always: "always trained", sampled: "drawn like a block", frozen: "never trained" },
      {
        flag: "embed-policy",
        label: "Embeddings",
        default: "always",
        help: "Whether embeddings, projections and the final norm are trained. In OPT-125m the embeddings are a third of the model. If they are never trained, both forward passes share the blocks below the first active one.",
        source: "LeZO: always",
      },
    ),
    sparsity: sparsitySetting(
      0,
      "Also leaves out this fraction of each active matrix because its weights are large, as Sparse-MeZO does. 0 is plain LeZO.",
    ),
    ...probeSettings,
  },
  traits: ({ sparsity, gradientClip }) => ({ sparsity, gradientClip }),
  activeShare(settings, numBlocks) {
    const { drawn, kept } = drawSizes(settings, numBlocks);
    const share = kept / drawn;
    const embeddings = { always: 1, sampled: share, frozen: 0 }[settings.embedPolicy];
    return { blocks: share, embeddings };
  },
  plan: (settings, context) => ({ ...spsaPlan(settings, context), ...active(settings, context) }),
});

/** The active blocks of a step, ascending, and whether the embeddings are active. */
function active(settings: BlockSettings, { seed, step, numBlocks }: StepContext) {
  const { embedPolicy } = settings;
  const { drawn, kept } = drawSizes(settings, numBlocks);
  const things = ranked(seed, "blocks", step, drawn)
    .slice(0, kept)
    .sort((a, b) => a - b);
  return {
    activeBlocks: things.filter((thing) => thing < numBlocks),
    embeddings:
      embedPolicy === "always" || (embedPolicy === "sampled" && things.includes(numBlocks)),
  };
}

/** How many things are drawn from, and how many of them are active. Embeddings count as one more block. */
function drawSizes({ lezoSparsity, embedPolicy }: BlockSettings, numBlocks: number) {
  const drawn = embedPolicy === "sampled" ? numBlocks + 1 : numBlocks;
  return { drawn, kept: drawn - Math.floor(lezoSparsity * drawn + 0.5) };
}
