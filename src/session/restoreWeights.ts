import { ZerothError } from "#base/errors.ts";
import { evaluateUnless, measuresOf } from "#run/evaluation/evaluation.ts";
import { replay } from "#run/step/replay.ts";
import { planAt } from "#run/step/stepPlans.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { Manifest } from "#run/store/records.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import type { RunContext } from "./activeRun.ts";
import type { OpenModel } from "./openModel.ts";
import type { CommandOf } from "./protocol.ts";
import { evaluationProgress, reportProgress, type SessionState } from "./state.ts";

/**
 * Puts the weights after these steps on the GPU: the newest sound checkpoint, and the journal from there.
 *
 * @param checkpoints of the run, then of the base model, the newest first
 * @returns sentences about damaged checkpoints that were passed over
 */
export async function restoreWeights(
  session: SessionState,
  { opened, model }: RunContext,
  settings: RunSettings,
  steps: readonly JournalStep[],
  checkpoints: readonly Manifest[],
): Promise<readonly string[]> {
  const report = reportProgress(session);
  // Where the snapshot is a copy of the weights, the copy is made on the way, at the last anchor.
  const isCopied = traitsOf(settings).snapshot?.kind === "copy";
  const anchor = isCopied
    ? lastAnchor(settings, opened.config.numHiddenLayers, steps.length)
    : null;
  const usable = checkpoints.filter(({ step }) => step <= (anchor ?? steps.length));
  const { first, repairs } = await loadCheckpoint(session, opened, usable);
  const left = steps.slice(first);
  const onProgress = (done: number) =>
    report({ label: "Replaying the journal", done, total: left.length, unit: "steps" });
  const before = anchor === null ? 0 : anchor - first;
  await replay(model, settings, left.slice(0, before), onProgress);
  if (anchor !== null) model.takeSnapshot();
  await replay(model, settings, left.slice(before), onProgress);
  opened.isBase = steps.length === 0;
  return repairs;
}

/** Puts the first sound checkpoint on the GPU, in a temporary session the base model. `first`: its step. */
async function loadCheckpoint(
  { env, storage }: SessionState,
  opened: OpenModel,
  usable: readonly Manifest[],
): Promise<{ readonly first: number; readonly repairs: readonly string[] }> {
  const report = reportProgress({ env });
  if (env.isTemporary) {
    await opened.reload(report);
    return { first: 0, repairs: [] };
  }
  const { manifest, repairs } = await (await storage.runs()).restore(usable, (from, pieces) =>
    opened.restore(from, pieces, report),
  );
  return { first: manifest.step, repairs };
}

/** The 0-based step of the last anchor among the first `count` steps, or null. */
function lastAnchor(settings: RunSettings, numBlocks: number, count: number): number | null {
  for (let step = count - 1; step >= 0; step--) {
    if (planAt(settings, numBlocks, step).examples === "anchor") return step;
  }
  return null;
}

/**
 * Puts the weights after a step of the current run on the GPU.
 *
 * @throws ZerothError E-RUN-1 for a step the run has not reached
 */
export async function goToStep(session: SessionState, step: number): Promise<void> {
  const run = session.workspace.requireRun();
  if (!Number.isInteger(step) || step < 0 || step > run.lastStep) {
    throw new ZerothError(
      "E-RUN-1",
      `Step ${step} was never reached; the run has ${run.lastStep} steps.`,
    );
  }
  await restoreStep(session, step);
  run.setStepOnGpu(step);
}

/** Puts the weights after the last step back on the GPU, before the run continues. */
export async function goToLastStep(session: SessionState): Promise<void> {
  const { run } = session.workspace;
  if (run && run.stepOnGpu !== run.lastStep) await goToStep(session, run.lastStep);
}

/**
 * Runs an action with the weights of the base model on the GPU; then the weights that were there are
 * restored, to the very bits.
 */
export async function withBaseWeights<T>(
  session: SessionState,
  action: () => Promise<T>,
): Promise<T> {
  const run = session.workspace.requireRun();
  await run.context.opened.reload(reportProgress(session));
  try {
    return await action();
  } finally {
    await restoreStep(session, run.stepOnGpu);
  }
}

async function restoreStep(session: SessionState, step: number): Promise<void> {
  const run = session.workspace.requireRun();
  const { snapshots } = await (await session.storage.runs()).loadRun(run.id);
  const steps = run.history.steps.slice(0, step);
  await restoreWeights(session, run.context, run.record.settings, steps, snapshots);
}

/** Goes to a step (null: the last), and scores the validation set there. */
export async function travelTo(
  session: SessionState,
  { step }: CommandOf<"travelTo">,
): Promise<void> {
  const { env, workspace } = session;
  const run = workspace.requireRun();
  const to = step ?? run.lastStep;
  await goToStep(session, to);
  const { data, model } = run.context;
  const { dev } = data.inspection;
  if (to === run.lastStep || dev.length === 0) return;
  const started = env.now();
  const scored = await evaluateUnless(model, dev, {
    ...run.judging,
    ...evaluationProgress(session, "Evaluating the validation set", dev.length),
  });
  if (!scored) return;
  run.rememberAnswers(to, scored);
  const seconds = (env.now() - started) / 1000;
  const forwardPasses = run.history.forwardPassesUpTo(to);
  const evaluation = { step: to, ...measuresOf(scored), seconds, forwardPasses };
  env.emit({ type: "travelled", runId: run.id, evaluation });
}
