import type { RunRecord } from "#run/store/records.ts";
import { middleOf } from "../charts/histogram.ts";
import type { RunSeries } from "../charts/runSeries.ts";
import {
  formatCount,
  formatDuration,
  formatPercent,
  formatReading,
  UNKNOWN,
} from "../text/format.ts";
import { formatScore, scoreOf } from "./score.ts";

/** What came of a run, as a row of a table has it. */
export interface Outcome {
  readonly accuracy: string;
  readonly loss: string;
  /** "step 300, loss 0.3012, 88.0 %". */
  readonly best: string;
  readonly seconds: string;
  readonly forwardPasses: string;
  readonly steps: string;
}

export const OUTCOME_KEYS = [
  "accuracy",
  "loss",
  "best",
  "steps",
  "seconds",
  "forwardPasses",
] as const;

export const OUTCOME_NAMES: Readonly<Record<keyof Outcome, string>> = {
  accuracy: "Held-out accuracy",
  loss: "Held-out loss",
  best: "Best",
  steps: "Steps",
  seconds: "Training time",
  forwardPasses: "Forward passes",
};

export function outcomeOf(record: RunRecord, series: RunSeries | undefined): Outcome {
  const { lastEvaluation, best, seconds, step } = record;
  const last = (series?.length ?? 0) - 1;
  return {
    accuracy: formatScore(lastEvaluation),
    loss: formatReading(lastEvaluation?.loss),
    best: best
      ? `step ${formatCount(best.step)}, loss ${formatReading(best.loss)}, ${formatScore(best)}`
      : UNKNOWN,
    steps: formatCount(step),
    seconds: formatDuration(seconds),
    forwardPasses: formatCount(
      series?.columns.forwardPasses[last] ?? lastEvaluation?.forwardPasses,
    ),
  };
}

/** "median 88.5 %, 87.0 % to 89.5 % over 3 seeds": how far runs that differ only in their seed lie apart. */
export function spreadOf(runs: readonly RunRecord[]): string | null {
  const values = runs
    .flatMap(({ lastEvaluation }) => (lastEvaluation ? [scoreOf(lastEvaluation)] : []))
    .sort((a, b) => a - b);
  const [lowest] = values;
  const highest = values.at(-1);
  if (values.length < 2 || lowest === undefined || highest === undefined) return null;
  return (
    `median ${formatPercent(middleOf(values))}, ${formatPercent(lowest)} to ${formatPercent(highest)} ` +
    `over ${formatCount(values.length)} seeds`
  );
}
