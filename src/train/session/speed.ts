import type { StepTiming } from "../cost.ts";
import type { JournalStep } from "../journal.ts";
import type { Stepper } from "../stepper.ts";

type Timed = Pick<JournalStep, "milliseconds" | "tokens">;

/** Steps and tokens per second over the last stretch of training. Null until measured. */
export class Speed {
  #recent: Timed[] = [];
  #isFirst = true;

  /** What was measured before a pause says little: the first step then builds programs and buffers. */
  restart(): void {
    this.#recent = [];
    this.#isFirst = true;
  }

  /** Finished steps, of which the very first one is not counted: drivers finish compiling in it. */
  add(steps: readonly Timed[]): void {
    const counted = this.#isFirst ? steps.slice(1) : steps;
    if (steps.length > 0) this.#isFirst = false;
    this.#recent = [...this.#recent, ...counted].slice(-WINDOW);
  }

  /** Enough steps have been timed to say how long the rest will take. */
  get isCalibrated(): boolean {
    return this.#recent.length >= CALIBRATION_STEPS;
  }

  get stepsPerSecond(): number | null {
    const seconds = this.#seconds();
    return seconds > 0 ? this.#recent.length / seconds : null;
  }

  get tokensPerSecond(): number | null {
    const seconds = this.#seconds();
    if (seconds <= 0) return null;
    return this.#recent.reduce((sum, { tokens }) => sum + tokens, 0) / seconds;
  }

  /** Where the time of a step goes: what the GPU's clock said of one, and the rest of the usual one. */
  timingOf(timed: Stepper["timing"]): { readonly timing?: StepTiming } {
    const { stepsPerSecond } = this;
    if (!timed || stepsPerSecond === null) return {};
    const { weightPass, products, attention, rest } = timed.parts;
    const waiting = 1000 / stepsPerSecond - (weightPass + products + attention + rest);
    const timing: StepTiming = {
      ...{ weightPassMs: weightPass, productsMs: products, attentionMs: attention, restMs: rest },
      ...{ waitingMs: Math.max(0, waiting), step: timed.step },
    };
    return { timing };
  }

  #seconds(): number {
    return this.#recent.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  }
}

const CALIBRATION_STEPS = 10;
const WINDOW = 64;
