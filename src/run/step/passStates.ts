import type { PassState } from "#gpu/kernels.gen.ts";
import { blockMask } from "#model/deltas.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { keyOf } from "#zo/philox.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";
import { usesMask } from "#zo/resolveSettings.ts";
import { round16 } from "#zo/round16.ts";

/**
 * What holds for all weights in a pass of a run: the direction tried, or none, and how many of the terms
 * written for it are updates and how many, after those, offsets that only the probe sees.
 */
export type PassStates = (
  at: { readonly plan: StepPlan; readonly probe: Probe } | null,
  updates: number,
  offsets: number,
) => PassState;

export function passStates(settings: RunSettings): PassStates {
  const [seedLow, seedHigh] = keyOf(settings.seed);
  const epsilon = round16(settings.epsilon);
  const isMasked = usesMask(settings);
  return (at, updates, offsets) => {
    const [low, high] = blockMask(at === null ? [] : at.plan.activeBlocks);
    return {
      seed_low: seedLow,
      seed_high: seedHigh,
      probe_step: at?.probe.direction.step ?? 0,
      probe_index: at?.probe.direction.probe ?? 0,
      probe_blocks_low: low,
      probe_blocks_high: high,
      probe_embeddings: Number(at?.plan.embeddings ?? false),
      probe_enabled: Number(at !== null),
      epsilon,
      update_count: updates,
      offset_count: offsets,
      mask_by_magnitude: Number(isMasked),
    };
  };
}
