import { bytesText } from "#base/bytes.ts";
import { ZerothError } from "#base/errors.ts";
import type { WeightDtype } from "#base/storage.ts";
import type { Capacity } from "#data/packing.ts";
import { tryAllocation } from "#gpu/admission.ts";
import type { Device } from "#gpu/device.ts";
import type { MemoryKind } from "#gpu/memory.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import { planWork } from "#model/memoryPlan.ts";
import { bindableBytes } from "#model/opt.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { numberSetting, type SettingValues } from "#zo/settings.ts";
import { extrasOf, leastPlan, type MemoryPlan, sumUp } from "../memoryPlan.ts";

/**
 * Holds a model against this GPU before anything of it is read: its weights and the least a run takes
 * beside them are made for a moment.
 *
 * @throws ZerothError E-MEM-1 with what it needs, what there was, and what would fit
 */
export async function admitModel(
  device: Device,
  config: OptConfig,
  name: string,
  dtype: WeightDtype,
): Promise<void> {
  const least = (of: OptConfig, as = dtype) => leastPlan(of, bindableBytes(device.info), as);
  const plan = least(config);
  const granted = await grantedBytes(device, plan);
  if (granted === null) return;
  const smaller = Object.entries(publishedConfigs)
    .map(([id, json]) => ({ id, plan: least(parseConfig(json)) }))
    .filter(({ plan: { totalBytes } }) => totalBytes <= granted && totalBytes < plan.totalBytes)
    .map(({ id, plan: { totalBytes } }) => `${id} (${bytesText(totalBytes)})`)
    .reverse();
  const halved = dtype === "f32" ? least(config, "f16").totalBytes : Number.POSITIVE_INFINITY;
  const halves =
    halved <= granted
      ? `With weights stored as f16 it would fit (${bytesText(halved)}): choose that among the settings, then open it again. `
      : "";
  const advice =
    smaller.length > 0
      ? `What would fit: ${smaller.join(", ")}.`
      : "None of the published models fits beside what else uses this GPU; closing other tabs may help.";
  throw new ZerothError(
    "E-MEM-1",
    `"${name}" needs ${bytesText(plan.totalBytes)} of GPU memory to be trained: ${inWords(plan)}. ` +
      `In a trial this GPU gave ${bytesText(granted)}. Nothing was read. ${halves}${advice}`,
  );
}

/** What a run stands on, as far as its memory goes. */
export interface RunRoom {
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly settings: SettingValues;
  /** Room for a batch of this size over the run's rows. */
  capacityAt(batchSize: number): Capacity;
}

/**
 * Holds what a run needs beside the weights against this GPU; the weights are on it already.
 *
 * @throws ZerothError E-MEM-1 with the largest batch that would fit
 */
export async function admitRun(device: Device, room: RunRoom): Promise<void> {
  const batchSize = numberSetting(room.settings, "batchSize");
  const plan = workAt(room, batchSize);
  const granted = await grantedBytes(device, plan);
  if (granted === null) return;
  throw new ZerothError(
    "E-MEM-1",
    `This run needs ${bytesText(plan.totalBytes)} of GPU memory beside the weights: ` +
      `${inWords(plan)}. In a trial this GPU gave ${bytesText(granted)}. The weights stay where ` +
      `they are. ${adviceFor(room, batchSize, granted)}`,
  );
}

function adviceFor(room: RunRoom, batchSize: number, granted: number): string {
  const fitting = largestBatch(room, batchSize, granted);
  if (fitting !== null) return `A batch of ${fitting} rows would fit.`;
  if (room.settings["snapshot"] === "copy" && room.layout.dtype === "f32") {
    const settings = { ...room.settings, snapshot: "deltas" };
    const { totalBytes } = workAt({ ...room, settings }, batchSize);
    if (totalBytes <= granted) return "With the snapshot kept as deltas it would fit.";
  }
  return "No batch would fit: close other tabs that use the GPU, shorten the rows, or take a smaller model.";
}

/** Largest batch, smaller than the one that did not fit, whose plan stays below what was given. */
function largestBatch(room: RunRoom, tooLarge: number, granted: number): number | null {
  let [fits, fails] = [0, tooLarge];
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (workAt(room, middle).totalBytes <= granted) fits = middle;
    else fails = middle;
  }
  return fits > 0 ? fits : null;
}

function workAt({ config, layout, settings, capacityAt }: RunRoom, batchSize: number): MemoryPlan {
  const capacity = capacityAt(batchSize);
  return sumUp(planWork({ config, layout, capacity, ...extrasOf(settings) }));
}

/** Null where all of it was given. */
async function grantedBytes({ device, info }: Device, plan: MemoryPlan): Promise<number | null> {
  // A processor's memory is promised freely and found only when written: clearing it would not be
  // refused but end the process.
  const trial = await tryAllocation(device, plan.buffers, !info.isSoftware);
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
