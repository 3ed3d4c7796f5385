import { ZerothError } from "#base/errors.ts";
import { noise } from "#zo/noise.ts";
import type { OptConfig } from "./config.ts";
import type { Weights } from "./weights.ts";

/** The score head of a run, initialised from the seed of the run. */
export interface HeadStart {
  readonly labels: number;
  readonly seed: number;
}

/** No run has this step, so the initial head shares no draw with any direction. */
const HEAD_STEP = 0xffffffff;
/** OPT's `init_std`, which transformers gives a new head. @see modeling_opt.py, _init_weights */
const INIT_STD = 0.02;

/**
 * The config with the score head of a run, or without any for null.
 *
 * @throws ZerothError E-TASK-3 if the model has a head for another number of labels
 */
export function withHead(config: OptConfig, head: HeadStart | null): OptConfig {
  const misfit = head === null ? null : headMisfit(config, head.labels);
  if (misfit !== null) throw new ZerothError("E-TASK-3", misfit);
  return { ...config, numLabels: head?.labels ?? null };
}

/** Why a model's own head does not suit that many labels; null if it does, or if there is none. */
export function headMisfit({ numLabels }: OptConfig, labels: number): string | null {
  if (numLabels === null || numLabels === labels) return null;
  return (
    `The model has a head for ${numLabels} labels, the data has ${labels}. Choose data with the ` +
    `model's labels, or open the base model, which gets a new head.`
  );
}

/** The head that a model comes with. Its seed is not used. */
export function ownHead({ numLabels }: OptConfig): HeadStart | null {
  return numLabels === null ? null : { labels: numLabels, seed: 0 };
}

/**
 * Initialises the score head if the model came without one: 0.02 times binomial noise of the run's seed,
 * step 2³² − 1, probe 0, at the head's index in the table. Each product is rounded to f32 once, so the head
 * has the same bits everywhere (rounded to the nearest half where halves are stored).
 *
 * @param own config of the model; its own head is kept
 */
export function initHead(weights: Weights, own: OptConfig, seed: number): void {
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
