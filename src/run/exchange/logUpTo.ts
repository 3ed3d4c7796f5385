import type { Log } from "./runLog.ts";

/** What was written down of a run until a step: what weights of that step may say of themselves. */
export function logUpTo({ record, steps, evaluations }: Log, step: number): Log {
  if (step >= record.step) return { record, steps, evaluations };
  const { weightsSha256: _, lastEvaluation: __, ...rest } = record;
  const kept = evaluations.filter((evaluation) => evaluation.step <= step);
  const last = kept.at(-1);
  const end = steps.findLast((known) => known.step <= step);
  return {
    record: {
      ...rest,
      step,
      tokens: end?.tokens ?? 0,
      seconds: end?.seconds ?? 0,
      ...(last && { lastEvaluation: last }),
    },
    steps: steps.filter((known) => known.step <= step),
    evaluations: kept,
  };
}
