import { ZerothError } from "#base/errors.ts";
import { misfitOf, type RunBundle, readBundle } from "#run/exchange/bundle.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { identifyBase, rejectWithoutSpace, saveBase } from "./baseModel.ts";
import { openRun } from "./opening.ts";
import type { CommandOf } from "./protocol.ts";
import type { SessionState } from "./state.ts";
import { listRuns } from "./storedRuns.ts";

/** Steps saved in one write. */
const STEPS_AT_ONCE = 10_000;
/** A larger file is rejected before it is read into memory. */
const MAX_BYTES = 256_000_000;

/**
 * Stores the run of a bundle, opens it, and compares the hash of its weights with the recorded one.
 *
 * @throws ZerothError E-FILE-1, E-FILE-3 for what is no sound bundle, E-FILE-5 if its base model is neither
 *   stored nor open
 */
export async function openBundle(
  session: SessionState,
  { file }: CommandOf<"openBundle">,
): Promise<void> {
  const runId = await importBundle(session, file);
  await openRun(session, { type: "openRun", runId });
  const { record, context } = session.workspace.requireRun();
  const { weightsSha256: recorded } = record;
  const isAsRecorded = recorded ? (await weightsSha256(context.opened.weights)) === recorded : null;
  session.env.emit({ type: "bundle", runId, isAsRecorded });
}

/** Stores the record, journal and evaluations of a bundle, which has no data. Returns the id of the run. */
async function importBundle(session: SessionState, file: Blob): Promise<string> {
  if (file.size > MAX_BYTES) {
    const found = (file.size / 1e6).toFixed(0);
    throw new ZerothError(
      "E-FILE-1",
      `This file has ${found} MB, a bundle of a run at most ${MAX_BYTES / 1e6}. Choose a zip saved with "Save bundle".`,
    );
  }
  const bundle = readBundle(new Uint8Array(await file.arrayBuffer()));
  const runs = await session.storage.runs();
  const { id, modelId } = bundle.record;
  // Until its run is stored, any tab would remove a base model without runs as garbage.
  const release = await session.env.modelLocks.share(modelId);
  try {
    await needBase(session, runs, bundle);
    const { runs: listed } = await runs.listRuns();
    if (!listed.some(({ record }) => record.id === id)) await storeRun(runs, bundle);
  } finally {
    release();
  }
  await listRuns(session);
  return id;
}

async function storeRun(
  runs: RunStore,
  { record, journal, evaluations }: RunBundle,
): Promise<void> {
  const { weightsSha256: recorded, ...begun } = record;
  const { id } = record;
  await runs.createRun(
    { ...begun, step: 0, tokens: 0, seconds: 0, isFromBundle: true },
    { train: [], dev: [] },
  );
  try {
    for (let at = 0; at < journal.length; at += STEPS_AT_ONCE) {
      await runs.appendSteps(id, journal.slice(at, at + STEPS_AT_ONCE), "strict");
    }
    for (const evaluation of evaluations) await runs.appendEvaluation(id, evaluation);
    await runs.updateRun(id, { status: storedStatus(record), weightsSha256: recorded });
  } catch (error) {
    // Half a run would look like a whole one.
    await runs.deleteRun(id).catch(() => {});
    throw error;
  }
}

/** A run that comes in a file is not being trained. */
function storedStatus({ status }: RunRecord): RunRecord["status"] {
  return status === "finished" || status === "diverged" ? status : "paused";
}

async function needBase(session: SessionState, runs: RunStore, bundle: RunBundle): Promise<void> {
  const { modelId } = bundle.record;
  const stored = await runs.loadModel(modelId).catch(() => null);
  if (stored?.manifest) return;
  const { model } = session.workspace;
  if (!model?.isBase) {
    throw new ZerothError(
      "E-FILE-5",
      `This run began from ${bundle.base.name}${where(bundle)}, which is not in this browser. Open ` +
        `that model first, then the bundle again. Nothing was changed.`,
    );
  }
  const misfit = misfitOf(bundle, await identifyBase(session, model));
  if (misfit !== null) throw new ZerothError("E-FILE-5", misfit);
  await rejectWithoutSpace(session, runs, model, bundle.record);
  await saveBase(session, runs, model);
}

function where({ base }: RunBundle): string {
  return base.origin ? ` (${base.origin.repo} at ${base.origin.commit.slice(0, 12)})` : "";
}
