import { ZerothError } from "#base/errors.ts";
import { type LinearChoice, toKernelRecord } from "#model/linearChoice.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import type { JournalStep } from "#run/store/journal.ts";
import { recordedLinear } from "#run/store/recordedLinear.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { ActiveRun, type RunContext } from "./activeRun.ts";
import { closeModel, closeRun } from "./closeRun.ts";
import { fastestLinear } from "./kernelChoice.ts";
import { storedData } from "./openData.ts";
import { openStoredModel } from "./openModel.ts";
import { restoreWeights } from "./restoreWeights.ts";
import { admitContext, createRunModel, lockRun } from "./runContext.ts";
import { RunHistory } from "./runHistory.ts";
import { reportProgress, type SessionState } from "./state.ts";

/** Puts a stored run on the GPU, at its last journaled step. */
export async function openStoredRun(session: SessionState, runId: string): Promise<ActiveRun> {
  const { env, storage, workspace } = session;
  const runs = await storage.runs();
  // One that is open elsewhere is rejected before the current run is closed.
  if (workspace.run?.id === runId) await closeRun(session);
  const release = await lockRun(session, runId);
  try {
    await closeModel(session);
    const { record, evaluations, steps, snapshots, context } = await rebuild(session, runs, runId);
    const { numHiddenLayers } = context.opened.config;
    const history = new RunHistory(record.settings, numHiddenLayers, steps, evaluations);
    const checkpointStep = snapshots[0]?.ownerId === runId ? snapshots[0].step : 0;
    const run = new ActiveRun({ env, runs, record, history, checkpointStep, context, release });
    workspace.setRun(run);
    return run;
  } catch (error) {
    release();
    throw error;
  }
}

/** Puts the current run, whose GPU was lost, on a new one. */
export async function recoverRun(session: SessionState, run: ActiveRun): Promise<void> {
  const { gpu, storage, workspace } = session;
  const { data } = workspace;
  const isOwnData = data === run.context.data;
  gpu.drop(run.context.opened.device);
  // By the journal in memory: the stored one may end earlier, where storage is full.
  const runs = await storage.runs();
  const { context } = await rebuild(session, runs, run.id, run.history.steps);
  run.replaceContext(context);
  // Data opened since the run began is for the next one.
  if (!isOwnData) workspace.setData(data);
}

async function rebuild(
  session: SessionState,
  runs: RunStore,
  runId: string,
  known?: readonly JournalStep[],
) {
  const { env, gpu, storage, workspace } = session;
  const stored = await runs.loadRun(runId);
  const { record, evaluations, snapshots, rows } = stored;
  const steps = known ?? stored.steps;
  if (!rows) {
    throw new ZerothError(
      "E-STORE-3",
      `The examples of "${record.name}" can no longer be read, so it cannot be resumed. Its curves are intact.`,
    );
  }
  const device = await gpu.open();
  const { modelId, settings, task } = record;
  await storage.holdModel(modelId);
  const format = { dtype: settings.dtype, head: headOf(task, settings) };
  const opened = await openStoredModel(device, runs, modelId, format);
  try {
    const data = storedData(record, rows, opened);
    await admitContext(opened, data, settings);
    const report = (message: string) =>
      env.emit({ type: "notice", failure: { code: "E-GPU-4", message }, kind: "recovered" });
    const recorded = recordedLinear(record, device, opened.config, report);
    const linear = recorded ?? (await fastestLinear(session, opened));
    const model = await createRunModel(session, opened, data, settings, linear);
    const context: RunContext = { opened, model, data };
    const ready = await restore(session, runs, context, { ...stored, steps }, linear);
    // Only now: the workspace holds nothing half open.
    workspace.setModel(opened);
    workspace.setData(data);
    return { record: ready, evaluations, steps, snapshots, context };
  } catch (error) {
    opened.destroy();
    throw error;
  }
}

/** Puts masks and weights of a stored run on the GPU. Reports what was damaged and how it was avoided. */
async function restore(
  session: SessionState,
  runs: RunStore,
  context: RunContext,
  stored: LoadedRun,
  linear: LinearChoice,
): Promise<RunRecord> {
  const { steps, snapshots } = stored;
  try {
    const record = await restoreMasks(session, runs, context, stored.record, linear);
    const repairs = await restoreWeights(session, context, record.settings, steps, snapshots);
    for (const message of [...stored.repairs, ...repairs]) {
      session.env.emit({
        type: "notice",
        failure: { code: "E-STORE-3", message },
        kind: "recovered",
      });
    }
    return record;
  } catch (error) {
    context.model.destroy();
    throw error;
  }
}

/** Sets the thresholds a run started with; a queued run takes them now, from the base weights. */
async function restoreMasks(
  session: SessionState,
  runs: RunStore,
  { opened, model }: RunContext,
  record: RunRecord,
  linear: LinearChoice,
): Promise<RunRecord> {
  if (record.step > 0 || record.status !== "queued") {
    await prepareMasks(model, record.settings, record.thresholds);
    return record;
  }
  await opened.reload(reportProgress(session));
  const thresholds = await prepareMasks(model, record.settings);
  const kernels = toKernelRecord(linear);
  return runs.updateRun(record.id, { kernels, ...(thresholds && { thresholds }) });
}
