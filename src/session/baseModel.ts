import { bytesPerWeight } from "#base/dtype.ts";
import { StorageFull, ZerothError } from "#base/errors.ts";
import { bytesText } from "#base/text.ts";
import { withHead } from "#model/head.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { headOf } from "#run/step/runModel.ts";
import { baseSha256 } from "#run/store/baseWeights.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { counted, type OpenModel } from "./openModel.ts";
import { reportProgress, type SessionState } from "./state.ts";

/** Returns the id of the open model, the hash of its weights, which is computed at the first call. */
export async function identifyBase(session: SessionState, model: OpenModel): Promise<string> {
  const { base, record } = model;
  if (record.id !== "") return record.id;
  const total = base.sizeBytes;
  const report = reportProgress(session);
  let done = 0;
  const id = await baseSha256(base, (bytes) => {
    done += bytes;
    report({ label: "Hashing the base model", done, total, unit: "bytes" });
  });
  model.record = { ...record, id };
  return id;
}

/**
 * Saves the base model, once for all its runs, and marks it as in use until it is closed.
 *
 * @throws ZerothError E-STORE-1 if storage fills up
 */
export async function saveBase(
  session: SessionState,
  runs: RunStore,
  model: OpenModel,
): Promise<void> {
  if (session.env.isTemporary) return;
  const { base } = model;
  const total = base.sizeBytes;
  const report = reportProgress(session);
  await session.storage.holdModel(await identifyBase(session, model));
  const pieces = counted(base.pieces(), total, report, "Saving the base model");
  try {
    await runs.saveModel(model.record, { step: 0, dtype: base.dtype, totalBytes: total, pieces });
  } catch (error) {
    if (!(error instanceof StorageFull)) throw error;
    throw new ZerothError(
      "E-STORE-1",
      `Storage filled up while the base model (${bytesText(total)}) was saved, so nothing was ` +
        `started. ${FREE_SPACE}`,
    );
  }
}

/**
 * Rejects a run whose data would not fit into storage: two checkpoints, and the base model unless it is
 * there already.
 *
 * @throws ZerothError E-STORE-1
 */
export async function rejectWithoutSpace(
  session: SessionState,
  runs: RunStore,
  model: OpenModel,
  { task, settings }: Pick<RunRecord, "task" | "settings">,
): Promise<void> {
  const free = await session.env.freeBytes();
  const weights = parameterCount(parameterTable(withHead(model.own, headOf(task, settings))));
  const checkpointBytes = weights * bytesPerWeight(settings.dtype);
  const wholeBytes = model.base.sizeBytes + 2 * checkpointBytes;
  // Whether the base model is stored is only looked up where it matters: it may take reading all of it.
  if (free === null || free > wholeBytes) return;
  const neededBytes = (await isSaved(session, runs, model)) ? 2 * checkpointBytes : wholeBytes;
  if (free > neededBytes) return;
  throw new ZerothError(
    "E-STORE-1",
    `This run needs about ${bytesText(neededBytes)} of storage, but only ${bytesText(free)} are ` +
      `free, so nothing was started. ${FREE_SPACE}`,
  );
}

const FREE_SPACE =
  "Delete runs or downloads you no longer need, or free disk space, then try again.";

/** True if the store has the whole base model; it is then marked as in use, so that no tab removes it. */
async function isSaved(session: SessionState, runs: RunStore, model: OpenModel): Promise<boolean> {
  const id = await identifyBase(session, model);
  await session.storage.holdModel(id);
  const stored = await runs.loadModel(id).catch(() => null);
  return stored?.manifest !== undefined;
}
