import type { WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import { maxOf } from "#base/maxOf.ts";
import { bytesText } from "#base/text.ts";
import { tryAllocation } from "#gpu/admission.ts";
import { bindableBytes, type Device } from "#gpu/device.ts";
import type { MemoryKind, PlannedBuffer } from "#gpu/memory.ts";
import type { OptConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import { type WriterCapacity, writerBuffers } from "#model/writer.ts";
import {
  type Alternative,
  modelsThatFit,
  runsThatBind,
  runsThatFit,
} from "#run/memory/alternatives.ts";
import {
  largestBuffer,
  type MemoryPlan,
  type PlannedRun,
  planRun,
  planSmallestRun,
  sumUp,
} from "#run/memory/memoryPlan.ts";

/**
 * Rejects a model that does not fit into the memory of this GPU, before anything of it is read. Its weights
 * and the smallest run are allocated for a moment.
 *
 * @throws ZerothError E-MEM-1 with what it needs, what there was, and what would fit
 */
export async function admitModel(
  device: Device,
  config: OptConfig,
  name: string,
  dtype: WeightDtype,
): Promise<void> {
  const bindable = bindableBytes(device.info);
  const plan = planSmallestRun(config, bindable, dtype);
  const granted = await grantedBytes(device, plan.buffers);
  if (granted === null) return;
  const fitting = modelsThatFit(config, dtype, bindable, granted);
  throw refusal(
    `"${name}" needs ${bytesText(plan.totalBytes)} of GPU memory to be trained: ${inWords(plan)}. ` +
      `In a trial this GPU gave ${bytesText(granted)}. Nothing was read.`,
    fitting,
    "None of the published models fits beside what else uses this GPU; closing other tabs may help.",
  );
}

/**
 * Rejects a run that does not fit into the memory of this GPU, by a trial allocation of all its buffers.
 *
 * @param weights "here" if they are on the GPU already, in the run's dtype
 * @throws ZerothError E-MEM-1 with what it needs, what there was, and what would fit
 */
export async function admitRun(
  device: Device,
  run: Omit<PlannedRun, "maxBindingBytes">,
  weights: "here" | "not read yet",
): Promise<void> {
  const needs = { ...run, maxBindingBytes: bindableBytes(device.info) };
  const plan = planRun(needs);
  rejectUnbindable(needs, plan);
  const isHere = weights === "here";
  const present = isHere ? plan.bytes.weights : 0;
  const wanted = isHere ? plan.buffers.filter(({ kind }) => kind !== "weights") : plan.buffers;
  const granted = await grantedBytes(device, wanted);
  if (granted === null) return;
  const trial = isHere
    ? `The weights are there already; of the other ${bytesText(plan.totalBytes - present)} this GPU ` +
      `gave ${bytesText(granted)} in a trial.`
    : `In a trial this GPU gave ${bytesText(granted)}. Nothing was read.`;
  throw refusal(
    `This run needs ${bytesText(plan.totalBytes)} of GPU memory: ${inWords(plan)}. ${trial}`,
    runsThatFit(needs, present + granted),
    "No smaller batch and no shorter texts would do: close other tabs that use the GPU, or take a " +
      "smaller model.",
  );
}

/**
 * Rejects a run with a buffer that can be allocated but not bound: passes over it would be dropped. Batches
 * are cut to what can be bound; a single example is not.
 */
function rejectUnbindable(needs: PlannedRun, plan: MemoryPlan): void {
  const { label, sizeBytes } = largestBuffer(plan);
  if (sizeBytes <= needs.maxBindingBytes) return;
  const rows = [...needs.trained, ...needs.evaluated.flat()];
  const tokens = maxOf(rows.flatMap(({ options }) => options.map(({ ids }) => ids.length)));
  throw refusal(
    `The longest text has ${tokens} tokens. A pass over it and its answers takes a buffer of ` +
      `${bytesText(sizeBytes)} ("${label}"), and this GPU takes at most ` +
      `${bytesText(needs.maxBindingBytes)} in one. The run was not started.`,
    runsThatBind(needs),
    "No shorter texts would do: take a smaller model.",
  );
}

/** Buffers for text generation. */
export interface WritingNeeds {
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly room: WriterCapacity;
  /** Further buffers. */
  readonly beside?: readonly PlannedBuffer[];
}

/**
 * Rejects text generation whose buffers, keys and values of every token, do not fit beside the model.
 *
 * @throws ZerothError E-MEM-1 with how long a text would fit
 */
export async function admitWriting(device: Device, needs: WritingNeeds): Promise<void> {
  const planned = ({ room, config, layout, beside = [] }: WritingNeeds) =>
    sumUp([...beside, ...writerBuffers(config, layout, room)]);
  const plan = planned(needs);
  const granted = await grantedBytes(device, plan.buffers);
  if (granted === null) return;
  const { positions } = needs.room;
  const ofOne = planned({ ...needs, room: { ...needs.room, positions: 1 } }).totalBytes;
  const perPosition = (plan.totalBytes - ofOne) / (positions - 1);
  const fitting = positions - Math.ceil((plan.totalBytes - granted) / perPosition);
  // Nothing follows the last token: it takes no position.
  const advice =
    fitting > 1
      ? `With ${fitting + 1} tokens at most it would fit.`
      : "Close other tabs that use the GPU, or open a smaller model.";
  throw new ZerothError(
    "E-MEM-1",
    `Writing up to ${positions + 1} tokens, prompt and all, takes ${bytesText(plan.totalBytes)} of ` +
      `GPU memory beside what is there: ${inWords(plan)}. In a trial this GPU gave ` +
      `${bytesText(granted)}. ${advice}`,
  );
}

function refusal(facts: string, fitting: readonly Alternative[], otherwise: string): ZerothError {
  const listed = fitting.map(({ name, totalBytes }) => `${name} (${bytesText(totalBytes)})`);
  const advice = listed.length > 0 ? `What would fit: ${listed.join(", ")}.` : otherwise;
  const remedies = fitting.flatMap(({ remedy }) => remedy ?? []);
  return new ZerothError("E-MEM-1", `${facts} ${advice}`, { remedies });
}

/** Bytes that the GPU granted in a trial allocation; null if it granted all. */
async function grantedBytes(
  { device, info }: Device,
  buffers: readonly PlannedBuffer[],
): Promise<number | null> {
  // On a software adapter, memory is promised freely and provided only when written: clearing too much of it
  // would end the process.
  const trial = await tryAllocation(device, buffers, !info.isSoftware);
  return trial.refused ? trial.grantedBytes : null;
}

const kindNames: Readonly<Record<MemoryKind, string>> = {
  weights: "weights",
  scratch: "scratch",
  activations: "activations",
  cache: "keys and values",
  snapshot: "a copy of the weights",
  other: "tables",
};

function inWords({ bytes }: MemoryPlan): string {
  return (Object.keys(kindNames) as MemoryKind[])
    .filter((kind) => bytes[kind] > 0)
    .map((kind) => `${kindNames[kind]} ${bytesText(bytes[kind])}`)
    .join(", ");
}
