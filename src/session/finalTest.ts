import type { Model } from "#model/model.ts";
import { type EvaluationOptions, evaluateUnless, measuresOf } from "#run/evaluation/evaluation.ts";
import type { EvaluationRecord, RunRecord, StepRecord } from "#run/store/records.ts";
import type { OpenData } from "./openData.ts";

/** The run on the GPU, as far as its final test looks at it. */
export interface TestedRun {
  readonly record: Pick<RunRecord, "best">;
  readonly steps: readonly unknown[];
  readonly ground: { readonly opt: Model; readonly data: OpenData };
  readonly judging: Pick<EvaluationOptions, "isPerToken" | "tokenizer">;
  history(): readonly StepRecord[];
}

/** Puts the weights after a step on the GPU, to the very bits they had. */
export type GoToStep = (step: number) => Promise<void>;

/** What a final test needs from the run's surroundings. */
export interface FinalTestHooks {
  readonly goToStep: GoToStep;
  /** Milliseconds, any origin. */
  now(): number;
  /** Called with the rows done. */
  onProgress(done: number): void;
  isStopped(): boolean;
}

/** The step whose weights are tested: the best one; where no rows were held out, the last. */
export function finalTestStep({ record, steps }: Pick<TestedRun, "record" | "steps">): number {
  return record.best?.step ?? steps.length;
}

/**
 * Scores the rows kept for the end with the weights of the best step, as MeZO does once its training
 * is over; the last weights, which must be on the GPU, are there again afterwards. Null if it was
 * given up before its end.
 *
 * @throws DeviceLost
 * @see MeZO, mezo.sh: --load_best_model_at_end; large_models/run.py evaluates after it
 */
export async function finalTest(
  run: TestedRun,
  { goToStep, now, onProgress, isStopped }: FinalTestHooks,
): Promise<EvaluationRecord | null> {
  if (isStopped()) return null;
  const last = run.steps.length;
  const step = finalTestStep(run);
  const { opt, data } = run.ground;
  const { test } = data.inspection;
  onProgress(0);
  if (step !== last) await goToStep(step);
  const started = now();
  const result = await evaluateUnless(opt, test, { ...run.judging, isStopped, onProgress });
  const seconds = (now() - started) / 1000;
  if (step !== last) await goToStep(last);
  if (!result) return null;
  const forwardPasses = run.history()[step - 1]?.forwardPasses ?? 0;
  return { step, ...measuresOf(result), seconds, forwardPasses };
}
