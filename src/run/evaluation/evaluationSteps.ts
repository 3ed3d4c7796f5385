import type { RunSettings } from "#zo/commonSettings.ts";
import type { EvaluationRecord } from "../store/records.ts";

// After which steps a run is evaluated, and which of them is the best.

/** Evaluations of a run with default settings. @see MeZO, mezo.sh: EVAL_STEPS is STEPS / 5 */
const EVALUATIONS = 5;

/** Steps between evaluations: as set, or a fifth of the run. */
export function evaluationInterval({ evalEvery, steps }: RunSettings): number {
  if (evalEvery > 0) return evalEvery;
  return Math.max(1, Math.ceil(steps / EVALUATIONS));
}

/** True if the validation set is scored after this step; step 0 is before training. */
export function isEvaluatedAfter(settings: RunSettings, step: number): boolean {
  return step % evaluationInterval(settings) === 0 || step === settings.steps;
}

/**
 * The evaluation at the best step of a run: the one with the lowest validation loss, the first of equals.
 * Step 0, the model before training, is a candidate. Undefined if nothing was evaluated.
 *
 * @see MeZO, mezo.sh: --load_best_model_at_end, whose metric is the loss
 */
export function bestOf(evaluations: readonly EvaluationRecord[]): EvaluationRecord | undefined {
  return evaluations.reduce<EvaluationRecord | undefined>(betterOf, undefined);
}

/** `next` if it is better than the best so far, else that. */
export function betterOf(
  best: EvaluationRecord | undefined,
  next: EvaluationRecord,
): EvaluationRecord | undefined {
  if (!Number.isFinite(next.loss)) return best;
  // After a lost GPU the same step is evaluated again, and the newer result counts.
  if (!best || best.step === next.step || next.loss < best.loss) return next;
  return best;
}
