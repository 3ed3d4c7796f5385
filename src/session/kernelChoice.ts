import type { WeightDtype } from "#base/dtype.ts";
import type { Device } from "#gpu/device.ts";
import { linkShader, type ShaderSources } from "#gpu/wgsl.ts";
import type { OptConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import {
  defaultChoice,
  fromKernelRecord,
  type LinearChoice,
  toKernelRecord,
} from "#model/linearChoice.ts";
import { halfLinearCards, linearCards } from "#model/linearKernels.ts";
import type { TuningRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { type TuningGround, tuningKey } from "#run/store/tuning.ts";
import { type Desk, deviceOf, progressTo, runsOf } from "./desk.ts";
import type { OpenModel } from "./openModel.ts";
import type { KernelsReport } from "./protocol.ts";
import { type Tuning, tuneLinear } from "./tuneLinear.ts";

/**
 * The kernels a new run over this model begins with: on software adapters by a table, so that the
 * same settings give the same weights, else as measured, now or earlier. Tells the page of them.
 */
export async function fastestLinear(
  desk: Desk,
  device: Device,
  model: OpenModel,
): Promise<LinearChoice> {
  const { env } = desk;
  const { config, weights } = model;
  const { dtype } = weights.layout;
  if (device.info.isSoftware) return defaultChoice(device.info, dtype);
  const report = progressTo(desk);
  const ground = tuningGround(device.info, env.sources, config, dtype);
  const record = await measuredOnce(await runsOf(desk), ground, () =>
    tuneLinear({
      device,
      config,
      dtype,
      sources: env.sources,
      headColumns: headColumns(config, weights.layout),
      now: () => env.now(),
      onProgress: (done, total) =>
        report({ label: "Measuring this GPU", done, total, unit: "shaders" }),
    }),
  );
  env.emit({ type: "kernels", kernels: reportOf(record) });
  return fromKernelRecord(record.kernels) ?? defaultChoice(device.info, dtype);
}

/**
 * Columns of logits that are made at once. Measurements serve runs with and without a score head alike:
 * the tied head's columns are the ones that cost.
 */
export function headColumns({ wordEmbedProjDim }: OptConfig, { scratchElements }: Layout): number {
  return Math.floor(scratchElements / wordEmbedProjDim);
}

/** What was kept of an earlier measurement on this ground, or a new one, which is kept. */
export async function measuredOnce(
  { tunings }: Pick<RunStore, "tunings">,
  ground: TuningGround,
  measure: () => Promise<Tuning>,
): Promise<TuningRecord> {
  const key = tuningKey(ground);
  const kept = await tunings.load(key);
  if (kept) return kept;
  const { choice, gflops, refused, milliseconds } = await measure();
  const { adapter, widths } = ground;
  const kernels = toKernelRecord(choice);
  return tunings.save(key, { adapter, widths, milliseconds, kernels, gflops, refused });
}

/** The kernels that would be taken now: the last measured here, or the table's. */
export async function tellKernels(desk: Desk): Promise<void> {
  const { info } = await deviceOf(desk);
  const kept = info.isSoftware ? null : await lastMeasured(desk, adapterName(info));
  const kernels = kept ? reportOf(kept) : unmeasured(defaultChoice(info), info.isSoftware);
  desk.env.emit({ type: "kernels", kernels });
}

/** Where storage is blocked the page says so elsewhere; here it means that nothing is kept. */
async function lastMeasured(desk: Desk, adapter: string): Promise<TuningRecord | null> {
  try {
    return await (await runsOf(desk)).tunings.last(adapter);
  } catch {
    return null;
  }
}

/** The next run measures anew; stored runs keep the kernels they were started with. */
export async function resetTuning(desk: Desk): Promise<void> {
  await (await runsOf(desk)).tunings.forget();
  await tellKernels(desk);
}

/** An adapter by all it says of itself. */
export function adapterName({ vendor, architecture, description }: Device["info"]): string {
  return [vendor, architecture, description].filter(Boolean).join(" ");
}

/** What a measurement on this adapter, for a model of this shape, depends on. */
export function tuningGround(
  info: Device["info"],
  sources: ShaderSources,
  config: OptConfig,
  dtype: WeightDtype,
): TuningGround {
  const cards = dtype === "f16" ? [...linearCards, ...halfLinearCards] : linearCards;
  const { hiddenSize, ffnDim, wordEmbedProjDim } = config;
  return {
    adapter: adapterName(info),
    sources: cards.map(({ file }) => linkShader(sources, file).code),
    widths: [...new Set([hiddenSize, ffnDim, wordEmbedProjDim])].join(" / "),
  };
}

function reportOf({ kernels, gflops, refused, ...rest }: TuningRecord): KernelsReport {
  const { measuredAt, milliseconds, widths } = rest;
  const classes = classesOf(fromKernelRecord(kernels));
  return {
    isFixed: false,
    measured: { at: measuredAt, milliseconds, widths },
    classes: classes.map((one) => ({ ...one, gflops: gflops[one.name] ?? null })),
    refused,
  };
}

function unmeasured(choice: LinearChoice, isFixed: boolean): KernelsReport {
  const classes = classesOf(choice).map((one) => ({ ...one, gflops: null }));
  return { isFixed, measured: null, classes, refused: [] };
}

function classesOf(choice: LinearChoice | null) {
  return Object.entries(choice ?? {}).map(([name, { name: kernel }]) => ({ name, kernel }));
}
