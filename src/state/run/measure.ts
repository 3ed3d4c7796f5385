import { type Interval, wilsonInterval } from "#base/interval.ts";
import type { EvaluationRecord } from "#run/store/records.ts";
import { scoreOf } from "./score.ts";

/** How well the model answered, in the measure of its task, with how sure one can be of it. */
export interface Measurement {
  /** 0..1: the share of right answers, or the mean F1 where answers are written. */
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
  /** The share of written answers that are right word for word; null where none are written. */
  readonly exact: number | null;
  readonly n: number;
}

export function measure(evaluation: EvaluationRecord): Measurement {
  const { accuracy, f1, f1Interval, n } = evaluation;
  const value = scoreOf(evaluation);
  if (f1 === undefined) return { value, n, exact: null, interval: wilsonInterval(value, n) };
  return { value, n, exact: accuracy, interval: f1Interval ?? [0, 1] };
}
