import { type BatchPlan, batchPlan } from "#data/examples/batches.ts";
import { type Capacity, type PackedBatch, packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { ranked } from "#zo/draws.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";
import { traitsOf } from "#zo/resolveSettings.ts";

/** One packed batch of a step, evaluated with both signs of one probe. */
export interface Part {
  readonly probe: Probe;
  /** Of the probe within its step. */
  readonly index: number;
  readonly batch: PackedBatch;
  /** Its losses are added to those of the parts before. */
  readonly accumulates: boolean;
  readonly isLast: boolean;
}

/** The examples of each step, in an order that is shuffled anew each epoch. */
export class StepBatches {
  readonly #examples: readonly EncodedExample[];
  readonly #settings: RunSettings;
  readonly #batches: BatchPlan;

  constructor(examples: readonly EncodedExample[], settings: RunSettings) {
    this.#examples = examples;
    this.#settings = settings;
    const order = (epoch: number) => this.#order(epoch);
    this.#batches = batchPlan(order, examples.length, settings.batchSize);
  }

  get stepsPerEpoch(): number {
    return this.#batches.batchesPerEpoch;
  }

  /** @param step counts from 0 */
  examplesOf(plan: StepPlan, step: number): readonly EncodedExample[] {
    if (plan.examples === "batch")
      return this.#batches.batchAt(step).map((i) => this.#examples[i]!);
    const wanted = traitsOf(this.#settings).anchorExamples;
    if (wanted === 0 || wanted >= this.#examples.length) return this.#examples;
    return this.#order(0)
      .slice(0, wanted)
      .map((i) => this.#examples[i]!);
  }

  #order(epoch: number): number[] {
    return ranked(this.#settings.seed, "shuffle", epoch, this.#examples.length);
  }
}

/** The parts of a step in order: for every probe, the examples in as few batches as they fit into. */
export function partsOf(
  plan: StepPlan,
  examples: readonly EncodedExample[],
  capacity: Capacity,
): readonly Part[] {
  const packed = packAll(examples, capacity);
  const last = plan.probes.length * packed.length - 1;
  return plan.probes.flatMap((probe, index) =>
    packed.map((batch, i) => ({
      probe,
      index,
      batch,
      accumulates: i > 0,
      isLast: index * packed.length + i === last,
    })),
  );
}

/** Tokens of the right options. */
export function countScoredTokens(examples: readonly EncodedExample[]): number {
  return examples.reduce(
    (sum, { options, answer }) => sum + (options[answer]?.optionLength ?? 0),
    0,
  );
}
