import type { OptConfig } from "#model/config.ts";
import { dense, frozen } from "#model/masks.ts";
import type { Model } from "#model/model.ts";
import type { Parameter } from "#model/parameters.ts";
import { trainableBy } from "#model/trainable.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methodOf, traitsOf, usesMask } from "#zo/resolveSettings.ts";
import type { SparsityReport } from "./protocol.ts";

/**
 * Gets the masks of a run ready: thresholds as a resumed run began with, or taken from the weights on
 * the GPU, which must then be the base's. Undefined where everything moves.
 *
 * @throws DeviceLost
 */
export async function prepareMasks(
  opt: Model,
  settings: RunSettings,
  known?: readonly number[],
): Promise<readonly number[] | undefined> {
  if (!usesMask(settings)) return undefined;
  const masks = await opt.masks();
  if (known) {
    masks.set(known);
    return known;
  }
  return masks.take(
    traitsOf(settings).sparsity,
    trainableBy(settings, opt.config, opt.layout.table),
  );
}

/** What the masks leave in, over the weights as they stand in memory. @throws DeviceLost */
export async function measureSparsity(opt: Model, step: number): Promise<SparsityReport> {
  const counts = await (await opt.masks()).measure();
  const total = counts.reduce((sum, { parameter }) => sum + parameter.elements, 0);
  const moving = counts.reduce((sum, count) => sum + count.selected, 0);
  return {
    step,
    density: moving / total,
    tensors: counts
      .filter(({ threshold }) => threshold !== dense && threshold !== frozen)
      .map(({ parameter, threshold, selected: left, histogram }) => ({
        name: parameter.name,
        elements: parameter.elements,
        threshold,
        density: left / parameter.elements,
        histogram,
      })),
  };
}

/** Share of the parameters that take part in a step, on average, by the settings alone. */
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
