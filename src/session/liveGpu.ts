import { DeviceLost } from "#base/errors.ts";
import { recoverRun } from "./openRun.ts";
import { goToStep } from "./restoreWeights.ts";
import { reportProgress, type SessionState } from "./state.ts";

/**
 * Runs an action that uses the open model on a GPU that responds. A GPU that was lost is replaced before;
 * one that is lost meanwhile is replaced, and the action runs once more from its beginning. Training never
 * comes here with a loss: it continues where it was.
 */
export async function onLiveGpu(session: SessionState, action: () => Promise<void>): Promise<void> {
  await reviveModel(session);
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DeviceLost)) throw error;
    const { device } = session.workspace.model ?? {};
    if (device) session.gpu.drop(device);
    await reviveModel(session);
    await action();
  }
}

/** Puts the open model and its run on the present GPU, with the weights they had. */
async function reviveModel(session: SessionState): Promise<void> {
  const { env, gpu, workspace } = session;
  const { model, run } = workspace;
  if (!model) return;
  const device = await gpu.open();
  // The run's own model: a run that could not be recovered may be on a GPU that is gone.
  if ((run?.context.opened ?? model).device === device) return;
  if (run) {
    const { stepOnGpu } = run;
    await recoverRun(session, run);
    if (stepOnGpu < run.lastStep) await goToStep(session, stepOnGpu);
  } else {
    workspace.setModel(await model.copyTo(device, reportProgress(session)), workspace.modelFolder);
  }
  const message = "The GPU was reset by the browser or the system. The model is back on it.";
  env.emit({ type: "notice", failure: { code: "E-GPU-6", message }, kind: "recovered" });
}
