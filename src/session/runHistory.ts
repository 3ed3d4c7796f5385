import { planAt } from "#run/step/stepPlans.ts";
import { extraOf } from "#run/step/stepRecords.ts";
import {
  addSteps,
  type JournalStep,
  noTotals,
  type Totals,
  toStepRecords,
} from "#run/store/journal.ts";
import type { EvaluationRecord, StepExtra, StepRecord } from "#run/store/records.ts";
import type { RunSettings } from "#zo/commonSettings.ts";

/** The finished steps and evaluations of a run, in memory. */
export class RunHistory {
  readonly steps: JournalStep[];
  readonly evaluations: EvaluationRecord[];
  /** Shares of the parameters inside Sparse-MeZO's mask, as measured in this session, ascending by step. */
  readonly #densities: { readonly step: number; readonly share: number }[] = [];
  readonly #settings: RunSettings;
  readonly #numBlocks: number;
  #totals: Totals;

  constructor(
    settings: RunSettings,
    numBlocks: number,
    steps: readonly JournalStep[] = [],
    evaluations: readonly EvaluationRecord[] = [],
  ) {
    this.#settings = settings;
    this.#numBlocks = numBlocks;
    this.steps = [...steps];
    this.evaluations = [...evaluations];
    this.#totals = addSteps(noTotals, steps);
  }

  /** Since the run began. */
  get totals(): Totals {
    return this.#totals;
  }

  /** Adds finished steps and returns them as records. */
  addSteps(finished: readonly JournalStep[]): readonly StepRecord[] {
    const records = toStepRecords(finished, this.#totals, (step) => this.#extraOf(step));
    this.#totals = addSteps(this.#totals, finished);
    this.steps.push(...finished);
    return records;
  }

  /** Records of the steps after this one. */
  recordsAfter(step = 0): readonly StepRecord[] {
    const before = addSteps(noTotals, this.steps.slice(0, step));
    return toStepRecords(this.steps.slice(step), before, (later) => this.#extraOf(later));
  }

  /** From the start of the run up to this step. */
  forwardPassesUpTo(step: number): number {
    return addSteps(noTotals, this.steps.slice(0, step)).forwardPasses;
  }

  /** The share measured last; undefined without a mask. */
  get measuredShare(): { readonly step: number; readonly share: number } | undefined {
    return this.#densities.at(-1);
  }

  /** Adds the share of the parameters inside the mask at the weights after a step. */
  addMeasuredShare(step: number, share: number): void {
    this.#densities.push({ step, share });
  }

  isEvaluatedAt(step: number): boolean {
    return this.evaluations.some((evaluation) => evaluation.step === step);
  }

  #extraOf(step: JournalStep): StepExtra | undefined {
    const extra = extraOf(planAt(this.#settings, this.#numBlocks, step.step - 1), step);
    const measured = this.#densities.findLast((density) => density.step < step.step);
    return measured ? { ...extra, mask_density: measured.share } : extra;
  }
}
