import { ZerothError } from "#base/errors.ts";
import { noise } from "#zo/noise.ts";
import type { OptConfig } from "./config.ts";
import type { Weights } from "./weights.ts";

/** A score head that a run asks for: so many labels, begun from the run's seed. */
export interface HeadStart {
  readonly labels: number;
  readonly seed: number;
}

/** No run comes to this step, so the head's beginning shares no draw with any direction. */
const HEAD_STEP = 0xffffffff;
/** OPT's `init_std`, which transformers gives a new head. @see modeling_opt.py, _init_weights */
const INIT_STD = 0.02;

/**
 * The config with the head a run asks for; null leaves out the checkpoint's own.
 *
 * @throws ZerothError E-TASK-3 if the checkpoint has a head for another number of labels
 */
export function withHead(config: OptConfig, head: HeadStart | null): OptConfig {
  const misfit = head === null ? null : headMisfit(config, head.labels);
  if (misfit !== null) throw new ZerothError("E-TASK-3", misfit);
  return { ...config, numLabels: head?.labels ?? null };
}

/** Why a checkpoint's own head cannot tell so many labels apart; null where it can or has none. */
export function headMisfit({ numLabels }: OptConfig, labels: number): string | null {
  if (numLabels === null || numLabels === labels) return null;
  return (
    `The model has a head for ${numLabels} labels, the rows have ${labels}. Choose rows with the ` +
    `model's labels, or open the base model, which gets a new head.`
  );
}

/** The head a checkpoint comes with; no seed has a part in it. */
export function ownHead({ numLabels }: OptConfig): HeadStart | null {
  return numLabels === null ? null : { labels: numLabels, seed: 0 };
}

/**
 * Begins the score head of weights whose checkpoint brings none: 0.02 times binomial noise of the run's
 * seed, step 2³² − 1, probe 0, at the head's place in the table. Each product is rounded to f32 once,
 * so the head begins with the same bits everywhere (to the nearest half where weights are halves).
 *
 * @param own the checkpoint's config; a head of its own stays as it is
 */
export function beginHead(weights: Weights, own: OptConfig, seed: number): void {
  const { config, layout } = weights;
  if (config.numLabels === null || own.numLabels !== null) return;
  const { index, elements } = layout.table.at(-1)!;
  const direction = { step: HEAD_STEP, probe: 0 };
  const z = noise("binomial", seed, direction, index, 0, elements);
  weights.write(
    index,
    z.map((value) => INIT_STD * value),
  );
}
