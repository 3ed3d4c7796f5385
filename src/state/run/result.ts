import { compareIntervals } from "#base/interval.ts";
import type { RunRecord } from "#run/store/records.ts";
import { formatCount, formatDuration, formatPercent, formatReading } from "../text/format.ts";
import { type Measurement, measure } from "./measure.ts";
import { scoreName } from "./score.ts";

export interface ResultSummary {
  readonly before: Measurement;
  readonly after: Measurement;
  /** What happened, in a sentence that claims no more than the rows allow. */
  readonly verdict: string;
  /** The best step, where it is not the last; null otherwise. */
  readonly best: string | null;
  /** What always giving one answer scores, and whether the model clears it; null without labels. */
  readonly baseline: string | null;
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
    verdict: record.status === "diverged" ? divergedWords(record) : verdictOf(before, after),
    best: bestWords(record),
    baseline: baselineWords(record, after),
    cost:
      `${formatCount(record.step)} steps, ${formatCount(lastEvaluation.forwardPasses)} forward passes, ` +
      `${formatDuration(record.seconds)} of training.`,
  };
}

/** "83.1 % to 92.4 %". */
export function formatInterval([low, high]: readonly [number, number]): string {
  return `${formatPercent(low)} to ${formatPercent(high)}`;
}

function bestWords({ best, step }: RunRecord): string | null {
  if (!best || best.step === step) return null;
  const { value, interval } = measure(best);
  return (
    `The best step was ${formatCount(best.step)}: held-out loss ${formatReading(best.loss)}, ` +
    `${scoreName(best)} ${formatPercent(value)} (95 % interval ${formatInterval(interval)}).`
  );
}

function baselineWords({ majority }: RunRecord, after: Measurement): string | null {
  if (!majority) return null;
  const said = `Majority baseline ${formatPercent(majority.share)}: always answering “${majority.label}”.`;
  return after.interval[0] > majority.share ? said : `${said} The model does not clearly beat it.`;
}

function divergedWords({ zeroShot, lastEvaluation }: RunRecord): string {
  return (
    `The run diverged: its validation loss was ${formatReading(zeroShot?.loss)} before training and ` +
    `${formatReading(lastEvaluation?.loss)} at its end. A smaller learning rate often helps.`
  );
}

function verdictOf(before: Measurement, after: Measurement): string {
  const rows = `${formatCount(after.n)} rows the model never trained on`;
  const order = compareIntervals(after.interval, before.interval);
  if (after.exact !== null) {
    const [from, to] = [formatPercent(before.value), formatPercent(after.value)];
    const meaning = {
      above: " That is clearly better.",
      below: " That is clearly worse. A smaller learning rate often helps.",
      overlapping: "",
    }[order];
    return `On ${rows}, what the model writes gives a mean F1 of ${to}; before, it was ${from}.${meaning}`;
  }
  if (order === "above") {
    return `On ${rows}, the model clearly answers better than before.`;
  }
  if (order === "below") {
    return `On ${rows}, the model clearly answers worse than before. A smaller learning rate often helps.`;
  }
  const direction = after.value > before.value ? "a little better" : "no better";
  return `On ${rows}, the model answers ${direction} than before, but the intervals overlap: this may be chance.`;
}
