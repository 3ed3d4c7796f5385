export const schedules = ["constant", "linear", "cosine"] as const;
export type Schedule = (typeof schedules)[number];

/**
 * Returns the learning rate of a step: constant, or from `base` down to 0 at the end of the run.
 *
 * @param step counts from 0
 * @see transformers, optimization.py: get_{constant,linear,cosine}_schedule without warm-up
 */
export function learningRateAt(
  schedule: Schedule,
  base: number,
  step: number,
  steps: number,
): number {
  switch (schedule) {
    case "constant":
      return base;
    case "linear":
      return base * Math.max(0, 1 - step / steps);
    case "cosine":
      return base * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));
    default:
      return schedule satisfies never;
  }
}
