import { type Capacity, type PackedBatch, packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";

/** One submit of a step: both signs of some rows along one direction. */
export interface Part {
  readonly probe: Probe;
  /** Of the probe. */
  readonly index: number;
  readonly rows: PackedBatch;
  /** Its losses are added to those of the parts before. */
  readonly accumulates: boolean;
  readonly isLast: boolean;
}

/** What a step hands over one after another: every part of the batch, for every probe. */
export function partsOf(
  plan: StepPlan,
  batch: readonly EncodedExample[],
  capacity: Capacity,
): readonly Part[] {
  const packed = packAll(batch, capacity);
  const last = plan.probes.length * packed.length - 1;
  return plan.probes.flatMap((probe, index) =>
    packed.map((rows, i) => ({
      probe,
      index,
      rows,
      accumulates: i > 0,
      isLast: index * packed.length + i === last,
    })),
  );
}

/** Tokens of the right options. */
export function scoredTokens(batch: readonly EncodedExample[]): number {
  return batch.reduce((sum, { options, answer }) => sum + (options[answer]?.optionLength ?? 0), 0);
}
