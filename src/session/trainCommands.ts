import { DeviceLost, toFailure, ZerothError } from "#base/errors.ts";
import type { ActiveRun } from "./activeRun.ts";
import { onLiveGpu } from "./liveGpu.ts";
import { openRun } from "./opening.ts";
import { recoverRun } from "./openRun.ts";
import type { CommandOf } from "./protocol.ts";
import { goToLastStep, goToStep } from "./restoreWeights.ts";
import { queueRun, startRun } from "./startRun.ts";
import type { SessionState } from "./state.ts";
import { listRuns, reportHistory } from "./storedRuns.ts";
import { stopRun, trainRun } from "./training.ts";

// Commands that train, and those that end it.

export async function startNewRun(
  session: SessionState,
  command: CommandOf<"startRun">,
): Promise<void> {
  const run = await startRun(session, command);
  await listRuns(session);
  await trainOpenRun(session, run);
}

export async function resumeRun(session: SessionState): Promise<void> {
  const run = session.workspace.requireRun();
  const { name, isFromBundle } = run.record;
  if (isFromBundle) {
    throw new ZerothError(
      "E-DATA-1",
      `"${name}" came in a bundle, without its data, so it cannot be resumed. Start a new run from its ` +
        `settings with your own data.`,
    );
  }
  await goToLastStep(session);
  await trainOpenRun(session, run);
}

export async function addToQueue(
  session: SessionState,
  { settings, name }: CommandOf<"queueRun">,
): Promise<void> {
  await queueRun(session, settings, name);
  await listRuns(session);
}

export async function runQueue(session: SessionState): Promise<void> {
  const { schedule, workspace } = session;
  while (!schedule.isCancelled && !schedule.isPauseWanted) {
    const runId = await oldestQueued(session);
    if (runId === null) return;
    await openRun(session, { type: "openRun", runId });
    await trainOpenRun(session, workspace.requireRun());
    await listRuns(session);
    const { record, hasUnsaved } = workspace.requireRun().toReport();
    // Paused, diverged or not saved: the queue ends, because someone should look first.
    if (record.status !== "finished" || hasUnsaved) return;
  }
}

/** Id of the queued run that was stored first, or null. */
async function oldestQueued({ env, storage }: SessionState): Promise<string | null> {
  const { runs } = await (await storage.runs()).listRuns();
  const held = await env.locks.held();
  const queued = runs.filter(({ record }) => record.status === "queued" && !held.has(record.id));
  queued.sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
  return queued[0]?.record.id ?? null;
}

/** Pauses after the steps in flight; resolves when everything is saved. A queue ends there, too. */
export async function pauseTraining({ schedule, workspace }: SessionState): Promise<void> {
  if (!schedule.isTraining) workspace.requireRun();
  await schedule.pause();
}

/** Pauses, then ends the run at the step it has reached. */
export async function stopTraining(session: SessionState): Promise<void> {
  const { schedule, workspace } = session;
  await pauseTraining(session);
  await schedule.inOrder(() =>
    onLiveGpu(session, async () => {
      schedule.resetCancel();
      await goToLastStep(session);
      const run = workspace.requireRun();
      await stopRun(
        run,
        () => schedule.isCancelled,
        (step) => goToStep(session, step),
      );
    }),
  );
}

/** Trains the open run. If the GPU is lost, recovers the run once by itself and continues. */
async function trainOpenRun(session: SessionState, run: ActiveRun): Promise<void> {
  const { env, schedule } = session;
  env.emit({ type: "progress", progress: null });
  reportHistory(session, run);
  run.report();
  for (;;) {
    try {
      await trainRun(run, {
        isPauseWanted: () => schedule.isPauseWanted,
        goToStep: (step) => goToStep(session, step),
      });
      return;
    } catch (error) {
      if (!(error instanceof DeviceLost)) {
        await run.setStatus("failed", toFailure(error));
        throw error;
      }
      await recoverFromLoss(session, run);
    }
  }
}

async function recoverFromLoss(session: SessionState, run: ActiveRun): Promise<void> {
  const { env, gpu } = session;
  if (gpu.recordLoss()) {
    const saved = `Your run is saved up to step ${run.writer.savedStep}.`;
    const failure = new ZerothError(
      "E-GPU-7",
      `The GPU was reset twice in two minutes, so the browser may block it for a while. ${saved} ` +
        `Wait two minutes, close other tabs that use the GPU, then reload the page and resume.`,
    );
    await run.setStatus("paused", toFailure(failure));
    throw failure;
  }
  if (env.isTemporary) {
    throw new ZerothError(
      "E-GPU-6",
      `The GPU was lost at step ${run.lastStep}. This run is not saved, so it ended; start it again.`,
    );
  }
  await run.setStatus("recovering");
  try {
    await recoverRun(session, run);
  } catch (error) {
    if (error instanceof DeviceLost) return recoverFromLoss(session, run);
    await run.setStatus("paused", toFailure(error));
    throw error;
  }
  reportHistory(session, run);
  const message = `The GPU was reset by the browser or the system. Continued from step ${run.lastStep}.`;
  env.emit({ type: "notice", failure: { code: "E-GPU-6", message }, kind: "recovered" });
}
