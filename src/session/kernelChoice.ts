import type { WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import { linkShader, type ShaderSources } from "#gpu/wgsl.ts";
import type { OptConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import {
  defaultChoice,
  fromKernelRecord,
  type LinearChoice,
  onlyKernel,
  toKernelRecord,
} from "#model/linearChoice.ts";
import { halfLinearCards, linearCards } from "#model/linearKernels.ts";
import type { TuningRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { type TuningConditions, tuningKey } from "#run/store/tuning.ts";
import type { OpenModel } from "./openModel.ts";
import type { KernelsReport } from "./reports.ts";
import { reportProgress, type SessionState } from "./state.ts";
import { type Tuning, tuneLinear } from "./tuneLinear.ts";

/**
 * Returns the matrix-product kernels for a new run of this model: on software adapters by a table, so that
 * the same settings give the same weights, else the fastest, measured now or earlier. Reports them.
 */
export async function fastestLinear(
  session: SessionState,
  { config, weights, device }: OpenModel,
): Promise<LinearChoice> {
  const { env, storage } = session;
  const { dtype } = weights.layout;
  if (device.info.isSoftware) return defaultChoice(device.info, dtype);
  const report = reportProgress(session);
  const conditions = tuningConditions(device.info, env.sources, config, dtype);
  const { tunings = (await storage.runs()).tunings } = env;
  const record = await measuredOnce({ tunings }, conditions, () =>
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

/** Returns the choice of this one kernel. @throws ZerothError E-CFG-2 if there is no such kernel */
export function namedLinear(name: string): LinearChoice {
  const card = linearCards.find((candidate) => candidate.name === name);
  if (card) return onlyKernel(card);
  const known = linearCards.map((candidate) => candidate.name).join(", ");
  throw new ZerothError("E-CFG-2", `There is no kernel "${name}". Choose one of ${known}.`);
}

/**
 * Columns of logits computed at once. A measurement serves runs with and without a score head: only the
 * columns of the language-model head take noticeable time.
 */
export function headColumns({ wordEmbedProjDim }: OptConfig, { scratchElements }: Layout): number {
  return Math.floor(scratchElements / wordEmbedProjDim);
}

/** Returns an earlier measurement under the same conditions, or makes a new one and stores it. */
export async function measuredOnce(
  { tunings }: { readonly tunings: Pick<RunStore["tunings"], "load" | "save"> },
  conditions: TuningConditions,
  measure: () => Promise<Tuning>,
): Promise<TuningRecord> {
  const key = tuningKey(conditions);
  const kept = await tunings.load(key);
  if (kept) return kept;
  const { choice, gflops, refused, milliseconds } = await measure();
  const { adapter, widths } = conditions;
  const kernels = toKernelRecord(choice);
  return tunings.save(key, { adapter, widths, milliseconds, kernels, gflops, refused });
}

/** Reports the kernels a run would start with now: the last measured on this adapter, or the table's. */
export async function reportKernels(session: SessionState): Promise<void> {
  const { info } = await session.gpu.open();
  const kept = info.isSoftware ? null : await lastMeasured(session, adapterName(info));
  const kernels = kept ? reportOf(kept) : unmeasured(defaultChoice(info), info.isSoftware);
  session.env.emit({ type: "kernels", kernels });
}

/** Null also where storage is blocked, which is reported elsewhere. */
async function lastMeasured(
  { storage }: SessionState,
  adapter: string,
): Promise<TuningRecord | null> {
  try {
    return await (await storage.runs()).tunings.last(adapter);
  } catch {
    return null;
  }
}

/** Makes the next run measure again; stored runs keep the kernels they were started with. */
export async function resetTuning(session: SessionState): Promise<void> {
  await (await session.storage.runs()).tunings.forget();
  await reportKernels(session);
}

/** Everything an adapter says about itself, in one name. */
export function adapterName({ vendor, architecture, description }: Device["info"]): string {
  return [vendor, architecture, description].filter(Boolean).join(" ");
}

/** Everything that a measurement on this adapter, for a model of this shape, depends on. */
export function tuningConditions(
  info: Device["info"],
  sources: ShaderSources,
  config: OptConfig,
  dtype: WeightDtype,
): TuningConditions {
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
