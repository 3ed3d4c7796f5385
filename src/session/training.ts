import type { Failure } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import { type Evaluation, evaluateUnless, measuresOf } from "#run/evaluation/evaluation.ts";
import { betterOf, isEvaluatedAfter } from "#run/evaluation/evaluationSteps.ts";
import {
  DivergenceWatch,
  divergenceMessage,
  endedDivergedMessage,
  isFarAbove,
  notFiniteMessage,
} from "#run/step/divergence.ts";
import { measureSparsity } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { evaluateAt, train } from "#run/step/trainer.ts";
import { NOT_FINITE } from "#run/store/journal.ts";
import type { EvaluationRecord } from "#run/store/records.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import type { ActiveRun } from "./activeRun.ts";

/** Steps between checkpoints of a run that is not paused: it bounds what a resume replays. */
const STEPS_PER_CHECKPOINT = 2000;

/** What training needs from the session. */
export interface TrainingHooks {
  isPauseWanted(): boolean;
  /** Puts the weights after a step on the GPU, to the very bits they had. */
  goToStep(step: number): Promise<void>;
}

/**
 * Trains until the end, a pause, or a non-finite loss. Resolves when nothing is in flight and everything
 * is saved.
 *
 * Steps are journaled as soon as they have been read back.
 *
 * @throws DeviceLost
 */
export async function trainRun(run: ActiveRun, hooks: TrainingHooks): Promise<void> {
  const { opened, model, data } = run.context;
  const { train: examples, dev } = data.inspection;
  const { settings } = run.record;
  // Made anew each time: a replay in between has used the small buffers a stepper relies on.
  const stepper = new Stepper(model, settings, examples, run.history.steps, run.isPerToken);
  opened.isBase = false;
  let pauseReason: Failure | undefined;
  const isPauseWanted = () => pauseReason !== undefined || hooks.isPauseWanted();
  const evaluating = evaluationHooks(run, isPauseWanted);
  await measureMask(run);
  if (isEvaluatedAfter(settings, run.lastStep) && !run.history.isEvaluatedAt(run.lastStep)) {
    if (!(await evaluateRun(run, isPauseWanted))) return pauseRun(run);
  }
  // Has seen what was reported before the run was opened again.
  const watch = DivergenceWatch.after(run.history.steps, run.record.zeroShot?.loss);
  run.speed.restart();
  if (run.record.weightsSha256 !== undefined) await run.save({ weightsSha256: undefined });
  await run.setStatus("running");
  const end = await train(model, stepper, settings, dev, {
    ...evaluating,
    onSteps: async (finished) => {
      run.timedStep = stepper.timing;
      if (finished.length === 0) return;
      const steps = run.history.addSteps(finished);
      run.speed.add(finished);
      run.env.emit({ type: "steps", runId: run.id, steps });
      const found = watch.add(finished);
      if (found) {
        const isPaused = settings.pauseOnBlowUp;
        const message = divergenceMessage(quote(run.record.name), found, isPaused);
        const failure = { code: "E-TRAIN-2", message };
        if (isPaused) pauseReason = failure;
        run.env.emit({ type: "notice", failure, kind: "problem", runId: run.id });
      }
      const isLast = finished.some(({ flags }) => flags & NOT_FINITE);
      await run.writer.addSteps(finished, isLast ? "strict" : "relaxed");
      if (found) await run.save({ divergence: found });
      run.report();
    },
    onLongStep: (done, total) => reportExamples(run, "Anchor over the training set", done, total),
  });
  if (end === "not finite") return endDiverged(run);
  if (end === "paused" || !(await testRun(run, isPauseWanted, hooks.goToStep))) {
    return pauseRun(run, pauseReason);
  }
  await finishRun(run, watch);
}

/**
 * Ends the run at the step it has reached, and scores it there. The weights of its last step must be on
 * the GPU.
 *
 * @param isCancelled true abandons the scoring, not the end
 */
export async function stopRun(
  run: ActiveRun,
  isCancelled: () => boolean,
  goToStep: TrainingHooks["goToStep"],
): Promise<void> {
  if (run.record.status === "finished" || run.record.status === "diverged") return;
  if (!run.history.isEvaluatedAt(run.lastStep)) await evaluateRun(run, isCancelled);
  await testRun(run, isCancelled, goToStep);
  await finishRun(run, DivergenceWatch.after(run.history.steps, run.record.zeroShot?.loss));
}

async function pauseRun(run: ActiveRun, reason?: Failure): Promise<void> {
  await run.saveCheckpoint();
  await run.setStatus("paused", reason);
}

async function endDiverged(run: ActiveRun): Promise<void> {
  await run.saveCheckpoint();
  const message = notFiniteMessage(quote(run.record.name), run.lastStep);
  const failure = { code: "E-TRAIN-1", message };
  run.env.emit({ type: "notice", failure, kind: "problem", runId: run.id });
  await run.save({ weightsSha256: await weightsSha256(run.context.model.weights) });
  await run.setStatus("diverged", failure);
}

async function finishRun(run: ActiveRun, watch: DivergenceWatch): Promise<void> {
  await run.saveCheckpoint();
  const { testEvaluation } = run.record;
  const failure = divergenceAtEnd(run, watch);
  if (failure) run.env.emit({ type: "notice", failure, kind: "problem", runId: run.id });
  await run.save({
    status: failure ? "diverged" : "finished",
    weightsSha256: await weightsSha256(run.context.model.weights),
    failure,
    ...(testEvaluation && { testEvaluation }),
  });
  run.report();
}

/**
 * The failure of a run whose loss is far above its start at the end: its validation loss or, without a
 * validation set, that of its last steps. Undefined if it is not.
 */
function divergenceAtEnd(run: ActiveRun, watch: DivergenceWatch): Failure | undefined {
  const { name, zeroShot, lastEvaluation } = run.record;
  let losses = watch.current;
  if (zeroShot && lastEvaluation?.step === run.lastStep) {
    const isDiverged = isFarAbove(zeroShot.loss, lastEvaluation.loss);
    losses = isDiverged ? { startLoss: zeroShot.loss, loss: lastEvaluation.loss } : null;
  }
  if (!losses) return undefined;
  const message = endedDivergedMessage(quote(name), losses.startLoss, losses.loss);
  return { code: "E-TRAIN-2", message };
}

/** Scores the validation set at the current weights. False if that was abandoned. */
async function evaluateRun(run: ActiveRun, isStopped: () => boolean): Promise<boolean> {
  const { model, data } = run.context;
  const { dev } = data.inspection;
  if (dev.length === 0) return true;
  return (await evaluateAt(model, run.lastStep, dev, evaluationHooks(run, isStopped))) !== null;
}

function evaluationHooks(run: ActiveRun, isPauseWanted: () => boolean) {
  return {
    isPauseWanted,
    judging: run.judging,
    now: () => run.env.now(),
    onEvaluation: (step: number, evaluation: Evaluation, milliseconds: number) =>
      keepEvaluation(run, step, evaluation, milliseconds),
    onEvaluating: (done: number, total: number) =>
      reportEvaluating(run, "Evaluating the validation set", done, total),
  };
}

async function keepEvaluation(
  run: ActiveRun,
  step: number,
  result: Evaluation,
  milliseconds: number,
): Promise<void> {
  const evaluation: EvaluationRecord = {
    step,
    ...measuresOf(result),
    seconds: milliseconds / 1000,
    forwardPasses: run.history.totals.forwardPasses,
  };
  run.history.evaluations.push(evaluation);
  run.rememberAnswers(step, result);
  run.env.emit({ type: "evaluation", runId: run.id, evaluation });
  await run.writer.addEvaluation(evaluation);
  run.change({
    ...(run.record.status === "evaluating" && { status: "running" }),
    lastEvaluation: evaluation,
    best: betterOf(run.record.best, evaluation),
    ...(step === 0 && { zeroShot: evaluation }),
  });
  await measureMask(run);
  if (run.lastStep - run.writer.checkpointStep >= STEPS_PER_CHECKPOINT) await run.saveCheckpoint();
  run.report();
}

/**
 * Scores the test set once, with the weights of the best step, as in MeZO; without a validation set, with
 * the last ones. The last weights, which must be on the GPU, are there again afterwards. False if it was
 * abandoned, and is still to be done.
 *
 * @throws DeviceLost
 * @see MeZO, mezo.sh: --load_best_model_at_end; large_models/run.py evaluates after it
 */
async function testRun(
  run: ActiveRun,
  isStopped: () => boolean,
  goToStep: TrainingHooks["goToStep"],
): Promise<boolean> {
  const { model, data } = run.context;
  const { test } = data.inspection;
  const step = run.record.best?.step ?? run.lastStep;
  if (test.length === 0 || run.record.testEvaluation?.step === step) return true;
  // Makes the way back from the weights of another step short.
  await run.saveCheckpoint();
  if (isStopped()) return false;
  const onProgress = (done: number) => reportEvaluating(run, "Final test", done, test.length);
  onProgress(0);
  if (step !== run.lastStep) await goToStep(step);
  const started = run.env.now();
  const result = await evaluateUnless(model, test, { ...run.judging, isStopped, onProgress });
  const seconds = (run.env.now() - started) / 1000;
  if (step !== run.lastStep) await goToStep(run.lastStep);
  if (!result) return false;
  const forwardPasses = run.history.forwardPassesUpTo(step);
  run.change({ testEvaluation: { step, ...measuresOf(result), seconds, forwardPasses } });
  return true;
}

/** Measures the share of the weights inside Sparse-MeZO's mask, and reports it. */
async function measureMask(run: ActiveRun): Promise<void> {
  if (traitsOf(run.record.settings).sparsity === 0) return;
  const sparsity = await measureSparsity(run.context.model, run.lastStep);
  run.history.addMeasuredShare(run.lastStep, sparsity.density);
  run.env.emit({ type: "sparsity", runId: run.id, sparsity });
}

function reportEvaluating(run: ActiveRun, label: string, done: number, total: number): void {
  if (run.record.status === "running") {
    run.change({ status: "evaluating" });
    run.report();
  }
  reportExamples(run, label, done, total);
}

/** Progress in examples, until all are done. */
function reportExamples({ env }: ActiveRun, label: string, done: number, total: number): void {
  const progress = done < total ? ({ label, done, total, unit: "examples" } as const) : null;
  env.emit({ type: "progress", progress });
}
