import type { EvaluationRecord } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import { formatCount, formatPercent, formatReading } from "../text/format.ts";

/** The step a text names, kept within the run; null where it names none. */
export function stepFromText(text: string, lastStep: number): number | null {
  const step = Number(text.trim());
  return text.trim() !== "" && Number.isInteger(step) && step >= 0 && step <= lastStep
    ? step
    : null;
}

/** "at step 120 of 200"; null while the last weights are on the GPU. */
export function travelPlace({ travelledTo, record }: RunReport): string | null {
  return travelledTo === null
    ? null
    : `at step ${formatCount(travelledTo)} of ${formatCount(record.step)}`;
}

/** "88.5 % right, loss 0.31, on 200 held-out rows"; null where it belongs to another step. */
export function travelledText(
  report: RunReport,
  evaluation: EvaluationRecord | undefined,
): string | null {
  if (!evaluation || evaluation.step !== report.travelledTo) return null;
  const { f1, accuracy, loss, n } = evaluation;
  const written = f1 === undefined ? "" : `${formatPercent(f1)} F1, `;
  return `${written}${formatPercent(accuracy)} right, loss ${formatReading(loss)}, on ${formatCount(n)} held-out rows`;
}
