import { wilsonInterval } from "#base/interval.ts";
import { isEvaluatedAfter } from "#run/evaluation/evaluationSteps.ts";
import { stepFields } from "#run/exchange/runLog.ts";
import type { SparsityReport } from "#run/step/runModel.ts";
import type { EvaluationRecord, StepRecord } from "#run/store/records.ts";
import type { EngineEvent } from "#session/protocol.ts";
import type { RunReport } from "#session/reports.ts";
import { print } from "./print.ts";

interface WaitingLine {
  readonly step: StepRecord;
  evaluation: EvaluationRecord | null;
}

/**
 * Prints the steps of a run, in Hugging Face's and MeZO's names, once they are saved: a step that was
 * printed is in the journal, whatever happens to the process. An evaluation goes into its step's line.
 */
export class StepLines {
  readonly #waiting: WaitingLine[] = [];
  #report: RunReport | null = null;
  #isEstimateTold = false;
  #toldSparsityAt: number | null = null;

  /** The last report of the run, or null before the first. */
  get report(): RunReport | null {
    return this.#report;
  }

  take(event: EngineEvent): void {
    switch (event.type) {
      case "steps":
        this.#waiting.push(...event.steps.map((step) => ({ step, evaluation: null })));
        break;
      case "evaluation":
        this.#takeEvaluation(event.evaluation);
        break;
      case "sparsity":
        this.#tellSparsity(event.sparsity);
        break;
      case "run":
        this.#report = event.run;
        this.#tellEstimate(event.run);
        this.#printSaved(false);
        break;
      default:
    }
  }

  /** Prints the saved steps that still wait for an evaluation. */
  end(): void {
    this.#printSaved(true);
  }

  #takeEvaluation(evaluation: EvaluationRecord): void {
    if (evaluation.step === 0) tellZeroShot(evaluation);
    const line = this.#waiting.find(({ step }) => step.step === evaluation.step);
    if (line) line.evaluation = evaluation;
  }

  #printSaved(isEnd: boolean): void {
    const report = this.#report;
    for (;;) {
      const [line] = this.#waiting;
      if (!report || !line || line.step.step > report.savedStep) return;
      if (line.evaluation ? report.hasUnsaved : !isEnd && isDue(report, line.step)) return;
      print(asLine(line));
      this.#waiting.shift();
    }
  }

  /** At the start and at the end: in between, each step's line has the density. */
  #tellSparsity({ step, density }: Pick<SparsityReport, "step" | "density">): void {
    const isEnd = step === this.#report?.totalSteps;
    if (step === this.#toldSparsityAt || (step > 0 && !isEnd)) return;
    this.#toldSparsityAt = step;
    console.error(
      `The mask holds ${(100 * density).toFixed(2)} % of the weights, measured after step ${step}. Its ` +
        "thresholds are magnitudes of the base model, so weights that grow beyond them leave it.",
    );
  }

  #tellEstimate({ etaSeconds, totalSteps, record }: RunReport): void {
    if (this.#isEstimateTold || etaSeconds === null) return;
    this.#isEstimateTold = true;
    if (etaSeconds < LEAST_TOLD_S) return;
    const left = totalSteps - record.step;
    console.error(
      `≈ ${durationText(etaSeconds)} for the ${left} steps left, evaluations not counted, by the ` +
        "steps timed so far.",
    );
  }
}

/** A shorter wait is not worth a line. */
const LEAST_TOLD_S = 10;

function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function isDue({ record }: RunReport, { step, notFinite }: StepRecord): boolean {
  return record.data.devRows > 0 && !notFinite && isEvaluatedAfter(record.settings, step);
}

function asLine({ step, evaluation }: WaitingLine): Record<string, unknown> {
  return {
    ...stepFields(step),
    ...step.extra,
    ...(step.notFinite && { not_finite: true }),
    ...(evaluation && {
      eval_loss: evaluation.loss,
      eval_accuracy: evaluation.accuracy,
      ...(evaluation.f1 !== undefined && { eval_f1: evaluation.f1 }),
    }),
  };
}

function tellZeroShot({ accuracy, f1, loss, n }: EvaluationRecord): void {
  const [low, high] = wilsonInterval(accuracy, n).map((share) => share.toFixed(4));
  const written = f1 === undefined ? "" : `F1 ${f1}, `;
  console.error(
    `Before training: ${written}accuracy ${accuracy} (95 % interval ${low} to ${high}), loss ${loss}, n ${n}.`,
  );
}
