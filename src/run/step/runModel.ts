import { headLabelCount } from "#data/tasks/scoreHead.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { OptConfig } from "#model/config.ts";
import type { HeadStart } from "#model/head.ts";
import { dense, frozen } from "#model/masks.ts";
import type { Model } from "#model/model.ts";
import type { Parameter } from "#model/parameters.ts";
import { trainableBy } from "#model/trainable.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methodOf, traitsOf, usesMask } from "#zo/resolveSettings.ts";

// What a run adds to its model: a score head, and masks of the weights it may update.

/** Weights that Sparse-MeZO's mask leaves in, measured on the weights after `step`. */
export interface SparsityReport {
  readonly step: number;
  /** Fraction of all parameters inside the mask. */
  readonly density: number;
  /** One entry for each matrix; vectors are updated whole and not listed. */
  readonly tensors: readonly {
    readonly name: string;
    readonly elements: number;
    /** Weights with |θ| at most this are inside the mask. */
    readonly threshold: number;
    readonly density: number;
    /** Counts of |θ| in 64 bins, each a sixteenth of the threshold wide; the last takes the rest. */
    readonly histogram: readonly number[];
  }[];
}

/** The score head a run trains; null where label words stand for its labels. */
export function headOf(task: TaskSpec, settings: RunSettings): HeadStart | null {
  const labels = headLabelCount(task);
  return labels === null ? null : { labels, seed: settings.seed };
}

/**
 * Sets the masks of a run: to the thresholds it started with, or to new ones taken from the weights on
 * the GPU, which must then be the base model's. Returns the thresholds, undefined without a mask.
 *
 * @throws DeviceLost
 */
export async function prepareMasks(
  model: Model,
  settings: RunSettings,
  known?: readonly number[],
): Promise<readonly number[] | undefined> {
  if (!usesMask(settings)) return undefined;
  const masks = await model.masks();
  if (known) {
    masks.set(known);
    return known;
  }
  const isTrainable = trainableBy(settings, model.config, model.layout.table);
  return masks.take(traitsOf(settings).sparsity, isTrainable);
}

/** Counts the weights inside the mask, at the current weights. @throws DeviceLost */
export async function measureSparsity(model: Model, step: number): Promise<SparsityReport> {
  const counts = await (await model.masks()).measure();
  const total = counts.reduce((sum, { parameter }) => sum + parameter.elements, 0);
  const inside = counts.reduce((sum, { selected }) => sum + selected, 0);
  return {
    step,
    density: inside / total,
    tensors: counts
      .filter(({ threshold }) => threshold !== dense && threshold !== frozen)
      .map(({ parameter, threshold, selected, histogram }) => ({
        name: parameter.name,
        elements: parameter.elements,
        threshold,
        density: selected / parameter.elements,
        histogram,
      })),
  };
}

/** Fraction of the parameters that a step updates, on average, computed from the settings alone. */
export function activeShare(
  settings: RunSettings,
  config: OptConfig,
  table: readonly Parameter[],
): number {
  const isTrainable = trainableBy(settings, config, table);
  const kept = 1 - traitsOf(settings).sparsity;
  const share = methodOf(settings).activeShare(settings, config.numHiddenLayers);
  let active = 0;
  let total = 0;
  for (const parameter of table) {
    total += parameter.elements;
    if (!isTrainable(parameter)) continue;
    const dense = parameter.shape.length > 1 ? kept : 1;
    active += parameter.elements * dense * { ...share, head: 1 }[groupOf(parameter)];
  }
  return active / total;
}

function groupOf({ stage, role }: Parameter): "embeddings" | "blocks" | "head" {
  if (role === "head") return "head";
  return typeof stage === "number" ? "blocks" : "embeddings";
}
