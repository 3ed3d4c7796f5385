import type { WeightDtype } from "#base/storage.ts";
import type { Capacity } from "#data/examples/packing.ts";
import { MAX_NEW_TOKENS } from "#data/tasks/task.ts";
import { bytesByKind, type MemoryKind, type PlannedBuffer } from "#gpu/memory.ts";
import type { OptConfig } from "#model/config.ts";
import { type Layout, planLayout } from "#model/layout.ts";
import { planModel } from "#model/memoryPlan.ts";
import { writerBuffers } from "#model/writer.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methods } from "#zo/methods/index.ts";
import { resolveSettings, traitsOf, usesMask } from "#zo/resolveSettings.ts";
import { planRoom } from "../evaluation/writing.ts";
import { capacityFor } from "./capacity.ts";

/** GPU memory, planned. */
export interface MemoryPlan {
  readonly totalBytes: number;
  readonly bytes: Readonly<Record<MemoryKind, number>>;
  readonly buffers: readonly PlannedBuffer[];
}

/**
 * What a run of these settings allocates, to the byte.
 *
 * @param written prompts that answers are written on from, in sets that are judged one after another
 */
export function planRun(
  config: OptConfig,
  layout: Layout,
  capacity: Capacity,
  settings: RunSettings,
  written: WrittenSets | null = null,
): MemoryPlan {
  const model = planModel({ config, layout, capacity, ...extrasOf(settings) });
  if (!written) return sumUp(model);
  const { sets, maxBindingBytes } = written;
  const plans = sets
    .filter((prompts) => prompts.length > 0)
    .map((prompts) => planRoom({ config, capacity, maxBindingBytes }, prompts, MAX_NEW_TOKENS))
    .map((room) => sumUp(writerBuffers(config, layout, room)))
    .sort((a, b) => b.totalBytes - a.totalBytes);
  return sumUp([...model, ...(plans[0]?.buffers ?? [])]);
}

export interface WrittenSets {
  readonly sets: readonly (readonly (readonly number[])[])[];
  /** What the device can bind as one storage buffer. */
  readonly maxBindingBytes: number;
}

/** What a run keeps on the GPU beside the weights and its work. */
export function extrasOf(settings: RunSettings): {
  readonly hasMasks: boolean;
  readonly hasSnapshot: boolean;
} {
  return {
    hasMasks: usesMask(settings),
    hasSnapshot: traitsOf(settings).snapshot?.kind === "copy",
  };
}

export function sumUp(buffers: readonly PlannedBuffer[]): MemoryPlan {
  const bytes = bytesByKind(buffers);
  const totalBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  return { totalBytes, bytes, buffers };
}

export function largestBuffer({ buffers }: MemoryPlan): PlannedBuffer {
  return buffers.reduce((largest, next) => (next.sizeBytes > largest.sizeBytes ? next : largest));
}

/** The least that training a model takes, whatever the method: one row of one token at a time. */
export function leastPlan(
  config: OptConfig,
  maxBindingBytes: number,
  dtype: WeightDtype,
): MemoryPlan {
  const layout = planLayout(config, maxBindingBytes, dtype);
  const capacity = { tokens: 1, scored: 1, options: 1, examples: 1 };
  return sumUp(planModel({ config, layout, capacity, hasMasks: false, hasSnapshot: false }));
}

/** Rows of a usual prompt with two one-word answers. */
export const usualExample: Capacity = { tokens: 64, scored: 2, options: 2, examples: 1 };

/**
 * GPU memory that each method needs, from config.json alone: for choosing a model before it is
 * downloaded. Exact for batches of the default size of rows of 64 tokens.
 *
 * @param maxBindingBytes what the device can bind as one storage buffer
 */
export function needsByMethod(
  config: OptConfig,
  maxBindingBytes: number,
  dtype: WeightDtype = "f32",
): readonly { readonly name: string; readonly plan: MemoryPlan }[] {
  // Once for all methods: for the largest models it takes a while.
  const layout = planLayout(config, maxBindingBytes, dtype);
  const variants = methods.flatMap(({ memoryVariants }) => memoryVariants);
  return variants.map(({ name, settings }) => ({
    name,
    plan: planUsual(config, resolveSettings({ ...settings, dtype }), maxBindingBytes, layout),
  }));
}

/** What a run takes over rows of 64 tokens, where its own are not known yet. */
export function planUsual(
  config: OptConfig,
  settings: RunSettings,
  maxBindingBytes: number,
  layout = planLayout(config, maxBindingBytes, settings.dtype),
): MemoryPlan {
  const batchSize = settings.batchSize;
  const sizes = Array.from({ length: batchSize }, () => usualExample);
  const capacity = capacityFor(config, layout, maxBindingBytes, batchSize, sizes, []);
  return planRun(config, layout, capacity, settings);
}
