import type { JournalStep } from "../store/journal.ts";

/** A finite loss that has risen far above its start and stays there. */
export interface Divergence {
  readonly step: number;
  /** Mean loss at the start, and over the last `MEAN_OF` steps. */
  readonly before: number;
  readonly now: number;
}

type Losses = Pick<JournalStep, "step" | "lossPlus" | "lossMinus">;

/** Steps averaged into one mean: a single loss of a small batch is too noisy. */
const MEAN_OF = 20;
/** Means in a row that must lie above the bound: 60 steps. */
const MEANS_ABOVE = 3;
/** The bound: this many times the loss at the start, and at least this much above it, in nats. */
const FACTOR = 3;
const MIN_RISE = 0.5;

/**
 * Detects a diverging loss, as a learning rate that is too large causes it, long before it is no
 * longer finite: the means of three groups of 20 steps in a row are above three times the loss at the
 * start. The bounds were chosen on curves of the demo, see the tests.
 */
export class DivergenceWatch {
  #group: number[] = [];
  #numAbove = 0;
  #isReported = false;
  #before: number | undefined;

  /** @param zeroShot the loss before training; without it, the mean of the first group */
  constructor(zeroShot: number | undefined) {
    this.#before = zeroShot;
  }

  /** A watch that has seen these steps and reported what there was to report. */
  static after(steps: readonly Losses[], zeroShot: number | undefined): DivergenceWatch {
    const watch = new DivergenceWatch(zeroShot);
    watch.add(steps);
    return watch;
  }

  /** Takes finished steps; reports divergence once in a run. */
  add(steps: readonly Losses[]): Divergence | null {
    let found: Divergence | null = null;
    for (const { step, lossPlus, lossMinus } of steps) {
      this.#group.push((lossPlus + lossMinus) / 2);
      if (this.#group.length === MEAN_OF) found = this.#endGroup(step) ?? found;
    }
    return found;
  }

  #endGroup(step: number): Divergence | null {
    const now = this.#group.reduce((sum, loss) => sum + loss, 0) / MEAN_OF;
    this.#group = [];
    const before = this.#before ?? now;
    this.#before = before;
    const isAbove = now > Math.max(before * FACTOR, before + MIN_RISE);
    this.#numAbove = isAbove ? this.#numAbove + 1 : 0;
    if (this.#isReported || this.#numAbove < MEANS_ABOVE) return null;
    this.#isReported = true;
    return { step, before, now };
  }
}

/** The message about a diverged loss that is still finite. */
export function divergenceMessage({ step, before, now }: Divergence, isPaused: boolean): string {
  return (
    `The loss rose from ${before.toPrecision(3)} to ${now.toPrecision(3)} by step ${step} and stays ` +
    "high. The learning rate is probably too large: start again from these settings with a smaller " +
    `one. ${isPaused ? "The run is paused, as its settings ask." : "The run continues."}`
  );
}

/** The message about a run that paused itself at a step with a non-finite loss. */
export function notFiniteMessage(step: number): string {
  return (
    `The loss is not a number at step ${step}. That step changed nothing: the weights are those of ` +
    `step ${step - 1}, and training is paused. The learning rate is probably too large; start again ` +
    "from these settings with a smaller one."
  );
}
