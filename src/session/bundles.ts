import { ZerothError } from "#base/errors.ts";
import { misfitOf, type RunBundle, readBundle } from "#run/exchange/bundle.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { type Desk, runsOf } from "./desk.ts";
import { keepBase, nameBase, refuseWithoutRoom } from "./keepBase.ts";
import { listRuns } from "./storedRuns.ts";

/** Steps kept in one write. */
const STEPS_AT_ONCE = 10_000;
/** More is refused before it is read into memory. */
const MOST_BYTES = 256_000_000;

/**
 * A run from a bundle, put beside one's own: its record, journal and evaluations, without rows. The
 * base model it began from must lie in the storage, or be the open one.
 *
 * @returns the run's id
 * @throws ZerothError E-FILE-1, -3 for what is no sound bundle, -5 where the base model is another
 */
export async function importBundle(desk: Desk, file: Blob): Promise<string> {
  if (file.size > MOST_BYTES) {
    const found = (file.size / 1e6).toFixed(0);
    throw new ZerothError(
      "E-FILE-1",
      `This file has ${found} MB, a bundle of a run at most ${MOST_BYTES / 1e6}. Choose a zip saved with "Save bundle".`,
    );
  }
  const bundle = readBundle(new Uint8Array(await file.arrayBuffer()));
  const runs = await runsOf(desk);
  const { id, modelId } = bundle.record;
  // Until its run is there, any tab would take a base model without another one for garbage.
  const letGo = await desk.env.modelLocks.share(modelId);
  try {
    await needBase(desk, runs, bundle);
    const { runs: listed } = await runs.listRuns();
    if (!listed.some(({ record }) => record.id === id)) await keep(runs, bundle);
  } finally {
    letGo();
  }
  await listRuns(desk);
  return id;
}

async function keep(runs: RunStore, { record, journal, evaluations }: RunBundle): Promise<void> {
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
    await runs.updateRun(id, { status: atRest(record), weightsSha256: recorded });
  } catch (error) {
    // Half a run would look like a whole one.
    await runs.deleteRun(id).catch(() => {});
    throw error;
  }
}

/** Nobody is at work on a run that comes in a file. */
function atRest({ status }: RunRecord): RunRecord["status"] {
  return status === "finished" || status === "diverged" ? status : "paused";
}

async function needBase(desk: Desk, runs: RunStore, bundle: RunBundle): Promise<void> {
  const { modelId } = bundle.record;
  const stored = await runs.loadModel(modelId).catch(() => null);
  if (stored?.manifest) return;
  const { model } = desk;
  if (!model?.isBase) {
    throw new ZerothError(
      "E-FILE-5",
      `This run began from ${bundle.base.name}${where(bundle)}, which is not in this browser. Open ` +
        `that model first, then the bundle again. Nothing was changed.`,
    );
  }
  const misfit = misfitOf(bundle, await nameBase(desk, model));
  if (misfit !== null) throw new ZerothError("E-FILE-5", misfit);
  await refuseWithoutRoom(desk, runs, model, bundle.record);
  await keepBase(desk, runs, model);
}

function where({ base }: RunBundle): string {
  return base.origin ? ` (${base.origin.repo} at ${base.origin.commit.slice(0, 12)})` : "";
}

/**
 * Whether the open run's weights, just rebuilt from base model and journal, are the very ones its
 * record names; null where the record names none.
 */
export async function isAsRecorded(desk: Desk): Promise<boolean | null> {
  const { run } = desk;
  if (!run?.record.weightsSha256) return null;
  return (await weightsSha256(run.ground.model.weights)) === run.record.weightsSha256;
}
