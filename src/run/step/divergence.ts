import type { JournalStep } from "../store/journal.ts";
import type { Divergence } from "../store/records.ts";

type Observed = Pick<JournalStep, "step" | "lossPlus" | "lossMinus" | "projectedGrad">;

/** Steps averaged into one mean: a single loss of a small batch is too noisy. */
const MEAN_OF = 5;
/** Means in a row that must lie above the bound: 15 steps. */
const MEANS_ABOVE = 3;
/** The bound: this many times the loss at the start, and at least this much above it, in nats. */
const FACTOR = 3;
const MIN_RISE = 0.5;
/** One mean is enough if the loss and the projected gradient both grew by this factor. */
const STEEP_FACTOR = 10;

/** True if a loss is far above the loss at the start of its run, or not finite. Losses in nats. */
export function isFarAbove(start: number, loss: number): boolean {
  return !(loss <= Math.max(start * FACTOR, start + MIN_RISE));
}

/**
 * Detects a diverging loss, as a learning rate that is too large causes it, long before it is no
 * longer finite. Either of two signs is reported, after 5 to 15 steps:
 *
 * - three groups of 5 steps in a row have a mean loss above three times the loss at the start;
 * - in one group of 5 steps the mean loss is above ten times the loss at the start, and the mean
 *   magnitude of the projected gradient above ten times that of the first step.
 *
 * The bounds were chosen on curves of the demo, see the tests.
 */
export class DivergenceWatch {
  #losses: number[] = [];
  #slopes: number[] = [];
  #numAbove = 0;
  #isReported = false;
  #startLoss: number | undefined;
  #startSlope: number | undefined;
  #last: Pick<Divergence, "startLoss" | "loss"> | null = null;

  /** @param startLoss the validation loss before training; without it, the mean of the first group */
  constructor(startLoss: number | undefined) {
    this.#startLoss = startLoss;
  }

  /** A watch that has seen these steps and reported what there was to report. */
  static after(steps: readonly Observed[], startLoss: number | undefined): DivergenceWatch {
    const watch = new DivergenceWatch(startLoss);
    watch.add(steps);
    return watch;
  }

  /** Losses at the start and in the last group, if divergence was found and that group still shows it. */
  get current(): Pick<Divergence, "startLoss" | "loss"> | null {
    return this.#isReported && this.#numAbove > 0 ? this.#last : null;
  }

  /** Takes finished steps; reports divergence once in a run. */
  add(steps: readonly Observed[]): Divergence | null {
    let found: Divergence | null = null;
    for (const { step, lossPlus, lossMinus, projectedGrad } of steps) {
      this.#losses.push((lossPlus + lossMinus) / 2);
      this.#slopes.push(Math.abs(projectedGrad));
      this.#startSlope ??= Math.abs(projectedGrad);
      if (this.#losses.length === MEAN_OF) found = this.#endGroup(step) ?? found;
    }
    return found;
  }

  #endGroup(step: number): Divergence | null {
    const [loss, slope] = [mean(this.#losses), mean(this.#slopes)];
    this.#losses = [];
    this.#slopes = [];
    this.#startLoss ??= loss;
    const startLoss = this.#startLoss;
    this.#last = { startLoss, loss };
    this.#numAbove = isFarAbove(startLoss, loss) ? this.#numAbove + 1 : 0;
    const isSteep =
      this.#numAbove > 0 &&
      loss > STEEP_FACTOR * startLoss &&
      slope > STEEP_FACTOR * (this.#startSlope ?? slope);
    if (this.#isReported || (this.#numAbove < MEANS_ABOVE && !isSteep)) return null;
    this.#isReported = true;
    return { step, startLoss, loss };
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The warning about a diverging loss that is still finite. @param name of the run, quoted */
export function divergenceMessage(
  name: string,
  { step, startLoss, loss }: Divergence,
  isPaused: boolean,
): string {
  return (
    `${name} diverges: its loss rose from ${startLoss.toPrecision(3)} to ${loss.toPrecision(3)} by step ` +
    `${step}. The learning rate is probably too large; start again with a smaller one. ` +
    `${isPaused ? "The run is paused, as its settings ask." : "The run continues."}`
  );
}

/** The message about a run that ended with a loss far above its start. @param name of the run, quoted */
export function endedDivergedMessage(name: string, startLoss: number, loss: number): string {
  return (
    `${name} diverged: its loss rose from ${startLoss.toPrecision(3)} before training to ` +
    `${loss.toPrecision(3)} at the end. All steps are kept. The learning rate is probably too large; ` +
    "start again with a smaller one."
  );
}

/** The message about a run that paused itself at a step with a non-finite loss. @param name of the run, quoted */
export function notFiniteMessage(name: string, step: number): string {
  return (
    `${name} diverged: its loss is not a number at step ${step}. That step changed nothing: the weights ` +
    `are those of step ${step - 1}, and training stopped. The learning rate is probably too large; start ` +
    "again with a smaller one."
  );
}
