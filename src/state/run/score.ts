import type { EvaluationRecord } from "#run/store/records.ts";
import { formatPercent } from "../text/format.ts";

type Measures = Pick<EvaluationRecord, "accuracy" | "f1">;

/** What rows are judged by, 0..1: F1 where the model writes its answers, else accuracy. */
export function scoreOf({ f1, accuracy }: Measures): number {
  return f1 ?? accuracy;
}

/** What `scoreOf` is called. */
export function scoreName(evaluation: Measures | undefined): "accuracy" | "F1" {
  return evaluation?.f1 === undefined ? "accuracy" : "F1";
}

/** The same at the head of a column or chart. */
export function scoreTitle(evaluation: Measures | undefined): string {
  return evaluation?.f1 === undefined ? "Accuracy" : "F1";
}

/** "88.5 %", or "41.2 % F1"; a dash where nothing was evaluated. */
export function formatScore(evaluation: Measures | undefined): string {
  if (!evaluation) return formatPercent(undefined);
  const share = formatPercent(scoreOf(evaluation));
  return evaluation.f1 === undefined ? share : `${share} F1`;
}
