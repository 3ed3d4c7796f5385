import { wilsonInterval } from "#base/interval.ts";
import type { EvaluationRecord, RunRecord } from "./engineTypes.ts";
import { formatCount, formatDuration, formatPercent } from "./format.ts";

export interface Measurement {
  readonly accuracy: number;
  /** Of written answers, of which `accuracy` is the share of exact ones; null where none are written. */
  readonly f1: number | null;
  readonly interval: readonly [number, number];
  readonly n: number;
}

export interface ResultSummary {
  readonly before: Measurement;
  readonly after: Measurement;
  /** What happened, in a sentence that claims no more than the rows allow. */
  readonly verdict: string;
  readonly cost: string;
}

/** Before and after on the held-out rows; null until both were measured. */
export function summarizeResult(record: RunRecord): ResultSummary | null {
  const { zeroShot, lastEvaluation } = record;
  if (!zeroShot || !lastEvaluation || lastEvaluation.step === 0) return null;
  const before = measure(zeroShot);
  const after = measure(lastEvaluation);
  return {
    before,
    after,
    verdict: verdictOf(before, after),
    cost:
      `${formatCount(record.step)} steps, ${formatCount(lastEvaluation.forwardPasses)} forward passes, ` +
      `${formatDuration(record.seconds)} of training.`,
  };
}

/** "83.1 % to 92.4 %". */
export function formatInterval([low, high]: readonly [number, number]): string {
  return `${formatPercent(low)} to ${formatPercent(high)}`;
}

function measure({ accuracy, f1, n }: EvaluationRecord): Measurement {
  return { accuracy, f1: f1 ?? null, n, interval: wilsonInterval(accuracy, n) };
}

function verdictOf(before: Measurement, after: Measurement): string {
  const rows = `${formatCount(after.n)} rows the model never trained on`;
  if (after.f1 !== null && before.f1 !== null) {
    const [from, to] = [formatPercent(before.f1), formatPercent(after.f1)];
    return `On ${rows}, what the model writes gives a mean F1 of ${to}; before, it was ${from}.`;
  }
  if (after.interval[0] > before.interval[1]) {
    return `On ${rows}, the model clearly answers better than before.`;
  }
  if (after.interval[1] < before.interval[0]) {
    return `On ${rows}, the model clearly answers worse than before. A smaller learning rate often helps.`;
  }
  const direction = after.accuracy > before.accuracy ? "a little better" : "no better";
  return `On ${rows}, the model answers ${direction} than before, but the intervals overlap: this may be chance.`;
}
