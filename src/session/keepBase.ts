import { bytesPerWeight } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import { withHead } from "#model/head.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { baseSha256 } from "#run/store/baseWeights.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { type Desk, progressTo } from "./desk.ts";
import { headOf } from "./headOf.ts";
import { counted, type OpenModel } from "./openModel.ts";

/** The open model's id, its weights' hash, from its first use in the store on. */
export async function nameBase(desk: Desk, model: OpenModel): Promise<string> {
  const { base, record } = model;
  if (record.id !== "") return record.id;
  const total = base.sizeBytes;
  const report = progressTo(desk);
  let done = 0;
  const id = await baseSha256(base, (bytes) => {
    done += bytes;
    report({ label: "Taking the model's fingerprint", done, total, unit: "bytes" });
  });
  model.record = { ...record, id };
  return id;
}

/** The base model in the store, once for all its runs, and in use until it is closed. */
export async function keepBase(desk: Desk, runs: RunStore, model: OpenModel): Promise<void> {
  const { base } = model;
  const total = base.sizeBytes;
  const report = progressTo(desk);
  await desk.baseInUse.use(await nameBase(desk, model));
  await runs.saveModel(model.record, {
    step: 0,
    dtype: base.dtype,
    totalBytes: total,
    pieces: counted(base.pieces(), total, report, "Keeping the base model"),
  });
}

/**
 * Two snapshots, the base model where it is not kept yet, and some air.
 *
 * @throws ZerothError E-STORE-1 if storage has no room for them
 */
export async function refuseWithoutRoom(
  desk: Desk,
  runs: RunStore,
  model: OpenModel,
  { task, settings }: Pick<RunRecord, "task" | "settings">,
): Promise<void> {
  const free = await desk.env.freeBytes();
  const weights = parameterCount(parameterTable(withHead(model.own, headOf(task, settings))));
  const snapshotBytes = weights * bytesPerWeight(settings.dtype);
  const wholeBytes = model.base.sizeBytes + 2 * snapshotBytes;
  // Asked only where it matters: to tell, the whole model may have to be read.
  if (free === null || free > wholeBytes) return;
  const neededBytes = (await isKept(desk, runs, model)) ? 2 * snapshotBytes : wholeBytes;
  if (free > neededBytes) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ZerothError(
    "E-STORE-1",
    `Keeping this run safe takes about ${gigabytes(neededBytes)} of storage; the browser offers ` +
      `${gigabytes(free)}. Delete old runs or free disk space.`,
  );
}

/** True where the base model lies in the store whole; no tab takes it away then. */
async function isKept(desk: Desk, runs: RunStore, model: OpenModel): Promise<boolean> {
  const id = await nameBase(desk, model);
  await desk.baseInUse.use(id);
  const stored = await runs.loadModel(id).catch(() => null);
  return stored?.manifest !== undefined;
}
