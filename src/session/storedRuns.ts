import { DeviceLost, ZerothError } from "#base/errors.ts";
import { columnsToAsk } from "#data/tasks/columns.ts";
import { parseConfig } from "#model/config.ts";
import type { RunPatch, RunRecord, RunStatus } from "#run/store/records.ts";
import type { ActiveRun } from "./activeRun.ts";
import type { RunNews, RunQuestion } from "./environment.ts";
import type { CommandOf } from "./protocol.ts";
import { RunHistory } from "./runHistory.ts";
import type { SessionState } from "./state.ts";

/** Statuses of a run that a session works on. Found in the store of a run that no one has open: interrupted. */
const activeStatuses: readonly RunStatus[] = [
  "calibrating",
  "running",
  "evaluating",
  "saving",
  "recovering",
];

export async function listRuns(session: SessionState): Promise<void> {
  const { env, storage, workspace } = session;
  const { runs } = await (await storage.runs()).listRuns();
  const locked = await env.locks.held();
  const summaries = runs.map(({ record, sizeBytes }) => {
    const isLockedElsewhere = record.id !== workspace.run?.id && locked.has(record.id);
    return { record: asFound(session, record, isLockedElsewhere), sizeBytes, isLockedElsewhere };
  });
  env.emit({ type: "runs", runs: summaries });
  // After the first list, which the page opens with: it must not wait for this.
  storage.sweepOnce();
}

/** Reports the curves of a stored run; needs no GPU. */
export async function viewRun(
  session: SessionState,
  { runId }: Pick<CommandOf<"viewRun">, "runId">,
): Promise<void> {
  const { env, storage, workspace } = session;
  if (workspace.run?.id === runId) {
    reportHistory(session, workspace.run);
    workspace.run.report();
    return;
  }
  const runs = await storage.runs();
  const { record, steps, evaluations } = await runs.loadRun(runId);
  const locked = await env.locks.held();
  const { record: model } = await runs.loadModel(record.modelId);
  const { numHiddenLayers } = parseConfig(model.config);
  const history = new RunHistory(record.settings, numHiddenLayers, steps, evaluations);
  reportHistory(session, { id: runId, history });
  env.emit({
    type: "run",
    run: {
      record: asFound(session, record, locked.has(runId)),
      totalSteps: record.settings.steps,
      stepsPerSecond: null,
      tokensPerSecond: null,
      etaSeconds: null,
      gpuBytes: {},
      savedAt: record.updatedAt,
      savedStep: record.step,
      hasUnsaved: false,
      travelledTo: null,
      activeShare: 1,
      asks: columnsToAsk(record.task),
    },
  });
}

export function reportHistory(
  { env }: SessionState,
  { id, history }: Pick<ActiveRun, "id" | "history">,
): void {
  const evaluations = [...history.evaluations];
  env.emit({ type: "history", runId: id, steps: history.recordsAfter(), evaluations });
}

/*
 * A tab that shows a run of another tab requests news from that tab about once a second. Nothing is sent
 * without a request, and the store is read only when the run was opened or closed elsewhere, so the tab that
 * trains is not slowed.
 */

/** Returns the news of the run that is open here; null if another run, or none, is open. */
export function newsOf({ workspace }: SessionState, { runId, after }: RunQuestion): RunNews | null {
  const { run } = workspace;
  if (run?.id !== runId) return null;
  return {
    run: run.toReport(),
    steps: run.history.recordsAfter(after),
    evaluations: run.history.evaluations.filter(({ step }) => step >= after),
  };
}

/** Brings a run that is shown up to date: from the tab that has it open, or from the store once it was closed there. */
export async function followRun(
  session: SessionState,
  { runId, after, wasHeld }: CommandOf<"followRun">,
): Promise<void> {
  const { env, workspace } = session;
  if (workspace.run?.id === runId) return;
  const isHeld = (await env.locks.held()).has(runId);
  if (isHeld !== wasHeld) await listRuns(session);
  if (!isHeld) return wasHeld ? viewRun(session, { runId }) : undefined;
  const news = await env.tabs.ask({ runId, after });
  if (!news) return;
  if (news.steps.length > 0) env.emit({ type: "steps", runId, steps: news.steps });
  for (const evaluation of news.evaluations) env.emit({ type: "evaluation", runId, evaluation });
  env.emit({ type: "run", run: news.run });
}

export async function renameRun(
  session: SessionState,
  { runId, name }: CommandOf<"renameRun">,
): Promise<void> {
  const trimmed = name.trim();
  if (trimmed === "") throw new ZerothError("E-RUN-3", "A run needs a name.");
  await changeRun(session, runId, { name: trimmed });
}

export async function noteRun(
  session: SessionState,
  { runId, note }: CommandOf<"noteRun">,
): Promise<void> {
  await changeRun(session, runId, { note });
}

async function changeRun(session: SessionState, runId: string, patch: RunPatch): Promise<void> {
  const { storage, workspace } = session;
  await (await storage.runs()).updateRun(runId, patch);
  if (workspace.run?.id === runId) {
    workspace.run.change(patch);
    workspace.run.report();
  }
  await listRuns(session);
}

export async function deleteRun(
  session: SessionState,
  { runId }: CommandOf<"deleteRun">,
): Promise<void> {
  const { env, storage, schedule, workspace } = session;
  const remove = async () => {
    const freedBytes = await (await storage.runs()).deleteRun(runId);
    env.emit({ type: "deleted", runId, freedBytes });
  };
  if (workspace.run?.id !== runId) {
    if ((await env.locks.held()).has(runId)) {
      throw new ZerothError("E-TAB-3", "This run is open in another tab. Close it there first.");
    }
    await remove();
  } else if (schedule.isTraining) {
    throw new ZerothError("E-BUSY-1", "This run is training. Stop it before deleting it.");
  } else {
    await schedule.inOrder(() => {
      if (workspace.run?.id === runId) workspace.closeRun();
      return remove();
    });
  }
  await saveAfterDelete(session);
  await listRuns(session);
}

/**
 * Saves what storage rejected of the open run after something was deleted: a run that does not train would
 * not write again by itself.
 */
export async function saveAfterDelete({ schedule, workspace }: SessionState): Promise<void> {
  const { run } = workspace;
  if (!run) return;
  await run.saveWaiting();
  // A run that trains saves its weights when it pauses.
  if (schedule.isTraining || !run.isCheckpointDue) return;
  await schedule.inOrder(async () => {
    if (workspace.run !== run || !run.isCheckpointDue) return;
    try {
      await run.saveCheckpoint();
    } catch (error) {
      // The next command that needs the GPU restores the run from the journal, which is saved.
      if (!(error instanceof DeviceLost)) throw error;
    } finally {
      run.report();
    }
  });
}

/** The name of a run as a file name. */
export function fileNameOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|-+$/g, "") || "run";
}

/** The record with the status it has at this moment. */
function asFound({ workspace }: SessionState, record: RunRecord, isHeld: boolean): RunRecord {
  const { run } = workspace;
  if (run?.id === record.id) return { ...record, status: run.record.status };
  const isActive = activeStatuses.includes(record.status);
  return !isHeld && isActive ? { ...record, status: "interrupted" } : record;
}
