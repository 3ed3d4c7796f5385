import type { JournalStep } from "../store/journal.ts";

/** A finite loss that ran away. */
export interface BlowUp {
  readonly step: number;
  /** Mean loss at the beginning, and over the last stretch of steps. */
  readonly before: number;
  readonly now: number;
}

type Losses = Pick<JournalStep, "step" | "lossPlus" | "lossMinus">;

/** Steps whose losses make one mean: a single loss of a small batch says little. */
const STRETCH = 20;
/** Stretches in a row that must lie above the bound: 60 steps. */
const LASTING = 3;
/** A mean so many times that of the beginning is no noise, if it is larger by this, too, in nats. */
const FACTOR = 3;
const LEAST_RISE = 0.5;

/**
 * Notices when a finite loss runs away, as it does with a learning rate that is too large, long before
 * it is no number any more: when the means of three stretches of 20 steps in a row lie above three
 * times the loss of the beginning. The bounds were tried on curves of the demo, see the tests.
 */
export class BlowUpWatch {
  #stretch: number[] = [];
  #above = 0;
  #isTold = false;
  #before: number | undefined;

  /** @param zeroShot the loss before training; without it, the mean of the first stretch */
  constructor(zeroShot: number | undefined) {
    this.#before = zeroShot;
  }

  /** A watch that has seen these steps and told what there was to tell. */
  static after(steps: readonly Losses[], zeroShot: number | undefined): BlowUpWatch {
    const watch = new BlowUpWatch(zeroShot);
    watch.add(steps);
    return watch;
  }

  /** Takes finished steps; tells of a blow-up once in a run. */
  add(steps: readonly Losses[]): BlowUp | null {
    let found: BlowUp | null = null;
    for (const { step, lossPlus, lossMinus } of steps) {
      this.#stretch.push((lossPlus + lossMinus) / 2);
      if (this.#stretch.length === STRETCH) found = this.#close(step) ?? found;
    }
    return found;
  }

  #close(step: number): BlowUp | null {
    const now = this.#stretch.reduce((sum, loss) => sum + loss, 0) / STRETCH;
    this.#stretch = [];
    const before = this.#before ?? now;
    this.#before = before;
    const isAbove = now > Math.max(before * FACTOR, before + LEAST_RISE);
    this.#above = isAbove ? this.#above + 1 : 0;
    if (this.#isTold || this.#above < LASTING) return null;
    this.#isTold = true;
    return { step, before, now };
  }
}

/** What to tell a person of it, and what was made of it. */
export function blowUpMessage({ step, before, now }: BlowUp, isPaused: boolean): string {
  return (
    `The loss has risen from ${before.toPrecision(3)} to ${now.toPrecision(3)} by step ${step} and ` +
    "stays there. The learning rate is probably too large: start again from these settings with a " +
    `smaller one. ${isPaused ? "The run is paused, as was set." : "The run goes on."}`
  );
}
