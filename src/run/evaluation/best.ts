import type { EvaluationRecord } from "../store/records.ts";

/**
 * The evaluation whose step is the best of a run: the lowest held-out loss, the first of equals. The
 * model before training is no candidate. Undefined where nothing was evaluated.
 *
 * @see MeZO, mezo.sh: --load_best_model_at_end, whose metric is the loss
 */
export function bestOf(evaluations: readonly EvaluationRecord[]): EvaluationRecord | undefined {
  return evaluations.reduce<EvaluationRecord | undefined>(betterOf, undefined);
}

/** `next` where it beats what was best so far. */
export function betterOf(
  best: EvaluationRecord | undefined,
  next: EvaluationRecord,
): EvaluationRecord | undefined {
  if (next.step === 0 || !Number.isFinite(next.loss)) return best;
  // The same step again, after a lost GPU, is told anew.
  if (!best || best.step === next.step || next.loss < best.loss) return next;
  return best;
}
