import type { WeightDtype } from "#base/dtype.ts";
import type { Capacity } from "#data/examples/packing.ts";
import { type EncodedExample, MAX_NEW_TOKENS } from "#data/tasks/task.ts";
import { bytesByKind, type MemoryKind, type PlannedBuffer } from "#gpu/memory.ts";
import type { OptConfig } from "#model/config.ts";
import { type Layout, planLayout } from "#model/layout.ts";
import { planModel } from "#model/memoryPlan.ts";
import { writerBuffers } from "#model/writer.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methods } from "#zo/methods/index.ts";
import { resolveSettings, traitsOf, usesMask } from "#zo/resolveSettings.ts";
import { planRoom } from "../evaluation/writing.ts";
import { capacityForSizes, planCapacity } from "./capacity.ts";

/** Every buffer of a run on the GPU, to the byte, before anything is allocated. */
export interface MemoryPlan {
  readonly totalBytes: number;
  readonly bytes: Readonly<Record<MemoryKind, number>>;
  readonly buffers: readonly PlannedBuffer[];
}

/** What the memory plan of a run depends on. */
export interface PlannedRun {
  /** With the score head of the run, if it has one. */
  readonly config: OptConfig;
  readonly settings: RunSettings;
  /** What the device can bind as one storage buffer. */
  readonly maxBindingBytes: number;
  readonly trained: readonly EncodedExample[];
  /** Sets that are scored one after another: the validation set and the test set. */
  readonly evaluated: readonly (readonly EncodedExample[])[];
}

/** Plans a run over these examples; the buffers of the weights come first. */
export function planRun(run: PlannedRun, layout = layoutOf(run)): MemoryPlan {
  const { config, settings, maxBindingBytes, trained, evaluated } = run;
  const batchSize = settings.batchSize;
  const scored = evaluated.flat();
  const capacity = planCapacity(config, layout, maxBindingBytes, batchSize, trained, scored);
  const prompts = evaluated.map((set) =>
    set.flatMap(({ writing }) => (writing ? [writing.promptIds] : [])),
  );
  return planMemory(config, layout, capacity, settings, { prompts, maxBindingBytes });
}

/** The layout of the run's weights. It takes a second for the largest models. */
export function layoutOf({ config, settings, maxBindingBytes }: PlannedRun): Layout {
  return planLayout(config, maxBindingBytes, settings.dtype);
}

/** Prompts that text is generated from. */
export interface PlannedWriting {
  /** Of sets that are evaluated one after another; the largest decides. */
  readonly prompts: readonly (readonly (readonly number[])[])[];
  /** What the device can bind as one storage buffer. */
  readonly maxBindingBytes: number;
}

/** Plans a run whose packed batches have this capacity. */
export function planMemory(
  config: OptConfig,
  layout: Layout,
  capacity: Capacity,
  settings: RunSettings,
  writing: PlannedWriting | null = null,
): MemoryPlan {
  const model = planModel({
    config,
    layout,
    capacity,
    hasMasks: usesMask(settings),
    hasSnapshot: traitsOf(settings).snapshot?.kind === "copy",
  });
  if (!writing) return sumUp(model);
  const { prompts, maxBindingBytes } = writing;
  const writers = prompts
    .filter((set) => set.length > 0)
    .map((set) => planRoom({ config, capacity, maxBindingBytes }, set, MAX_NEW_TOKENS))
    .map((room) => sumUp(writerBuffers(config, layout, room)))
    .sort((a, b) => b.totalBytes - a.totalBytes);
  return sumUp([...model, ...(writers[0]?.buffers ?? [])]);
}

export function sumUp(buffers: readonly PlannedBuffer[]): MemoryPlan {
  const bytes = bytesByKind(buffers);
  const totalBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  return { totalBytes, bytes, buffers };
}

export function largestBuffer({ buffers }: MemoryPlan): PlannedBuffer {
  return buffers.reduce((largest, next) => (next.sizeBytes > largest.sizeBytes ? next : largest));
}

/** Plans the smallest run of a model, with any method: one example of one token at a time. */
export function planSmallestRun(
  config: OptConfig,
  maxBindingBytes: number,
  dtype: WeightDtype,
): MemoryPlan {
  const layout = planLayout(config, maxBindingBytes, dtype);
  const capacity = { tokens: 1, scored: 1, options: 1, examples: 1 };
  return sumUp(planModel({ config, layout, capacity, hasMasks: false, hasSnapshot: false }));
}

/** Size of a typical example: a prompt of 64 tokens with two one-word options. */
export const typicalExample: Capacity = { tokens: 64, scored: 2, options: 2, examples: 1 };

/** Plans a run over typical examples, for settings whose data is not known yet. */
export function planTypicalRun(
  config: OptConfig,
  settings: RunSettings,
  maxBindingBytes: number,
  layout = planLayout(config, maxBindingBytes, settings.dtype),
): MemoryPlan {
  const batchSize = settings.batchSize;
  const sizes = Array.from({ length: batchSize }, () => typicalExample);
  const capacity = capacityForSizes(config, layout, maxBindingBytes, batchSize, sizes, []);
  return planMemory(config, layout, capacity, settings);
}

/**
 * Plans a typical run with every method, from config.json alone, to choose a model before it is
 * downloaded.
 *
 * @param maxBindingBytes what the device can bind as one storage buffer
 */
export function planEveryMethod(
  config: OptConfig,
  maxBindingBytes: number,
  dtype: WeightDtype = "f32",
): readonly { readonly name: string; readonly plan: MemoryPlan }[] {
  // One layout for all methods: it takes a second for the largest models.
  const layout = planLayout(config, maxBindingBytes, dtype);
  const variants = methods.flatMap(({ memoryVariants }) => memoryVariants);
  return variants.map(({ name, settings }) => ({
    name,
    plan: planTypicalRun(config, resolveSettings({ ...settings, dtype }), maxBindingBytes, layout),
  }));
}
