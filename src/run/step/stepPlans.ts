import type { RunSettings } from "#zo/commonSettings.ts";
import type { StepPlan } from "#zo/plan.ts";
import { methodOf, traitsOf } from "#zo/resolveSettings.ts";
import { learningRateAt } from "#zo/schedules.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";

/** The plan of a step, counted from 0. Directions, blocks and kinds depend on settings alone. */
export function planAt(
  settings: RunSettings,
  numBlocks: number,
  step: number,
  annealing = 1,
): StepPlan {
  const { steps, learningRate, learningRateSchedule: schedule } = settings;
  return methodOf(settings).plan(settings, {
    step,
    seed: settings.seed,
    learningRate: learningRateAt(schedule, learningRate, step, steps),
    scheduleFactor: learningRateAt(schedule, 1, step, steps),
    annealing,
    numBlocks,
  });
}

/**
 * Plans of the steps of a run, with learning rates annealed by the losses of earlier epochs.
 *
 * Annealing uses only losses of the epochs before that of the step, and training collects all steps in
 * flight where an epoch ends (`barrierAfter`), so a plan never depends on the speed of the GPU.
 */
export class StepPlans {
  readonly #settings: RunSettings;
  readonly #numBlocks: number;
  readonly #stepsPerEpoch: number;
  readonly #anneals: boolean;
  /** The last plan made: a step asks for its plan several times. */
  #last: { readonly step: number; readonly numPast: number; readonly plan: StepPlan } | null = null;

  constructor(settings: RunSettings, numBlocks: number, stepsPerEpoch: number) {
    this.#settings = settings;
    this.#numBlocks = numBlocks;
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#anneals = traitsOf(settings).annealsByEpoch;
  }

  /** @param past every finished step of the run */
  at(step: number, past: readonly JournalStep[]): StepPlan {
    const last = this.#last;
    if (last?.step === step && last.numPast === past.length) return last.plan;
    const annealing = this.#annealingAt(step, past);
    const plan = planAt(this.#settings, this.#numBlocks, step, annealing);
    this.#last = { step, numPast: past.length, plan };
    return plan;
  }

  /**
   * The first step after `step` that cannot be planned before all steps before it are finished;
   * infinity if the method does not anneal.
   */
  barrierAfter(step: number): number {
    if (!this.#anneals) return Number.POSITIVE_INFINITY;
    return this.#epochStart(step) + this.#stepsPerEpoch;
  }

  #annealingAt(step: number, past: readonly JournalStep[]): number {
    if (!this.#anneals) return 1;
    const losses = past
      .slice(0, this.#epochStart(step))
      .filter(({ flags }) => !(flags & NOT_FINITE))
      .map(({ step: count, lossPlus, lossMinus }) => ({
        step: count - 1,
        loss: (lossPlus + lossMinus) / 2,
      }));
    return methodOf(this.#settings).annealing(this.#settings, losses, this.#stepsPerEpoch);
  }

  #epochStart(step: number): number {
    return step - (step % this.#stepsPerEpoch);
  }
}
