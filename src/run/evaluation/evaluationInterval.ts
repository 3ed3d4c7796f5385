import type { RunSettings } from "#zo/commonSettings.ts";

/** Evaluations in a run where nothing else was set. @see MeZO, mezo.sh: EVAL_STEPS is STEPS / 5 */
const EVALUATIONS = 5;

/** Steps between evaluations: as set, or a fifth of the run. */
export function evaluationInterval(settings: RunSettings): number {
  const every = settings.evalEvery;
  if (every > 0) return every;
  return Math.max(1, Math.ceil(settings.steps / EVALUATIONS));
}

/** Whether held-out rows are scored after this step; step 0 is before training. */
export function isEvaluatedAfter(settings: RunSettings, step: number): boolean {
  return step % evaluationInterval(settings) === 0 || step === settings.steps;
}
