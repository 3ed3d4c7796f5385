import type { Stepper } from "#run/step/stepper.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { StepTiming } from "./reports.ts";

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

  /** Where the time of a step goes: what the clock said of some, and the rest of the usual one. */
  timingOf(timed: Stepper["timing"]): { readonly timing?: StepTiming } {
    const { stepsPerSecond } = this;
    if (!timed || stepsPerSecond === null) return {};
    const { weightPass, products, attention, rest } = timed.parts;
    const { step, isEstimate } = timed;
    const [usual, busy] = [1000 / stepsPerSecond, weightPass + products + attention + rest];
    // Parts by themselves may take longer than within the usual step.
    const scale = isEstimate ? Math.min(1, usual / busy) : 1;
    const timing: StepTiming = {
      weightPassMs: scale * weightPass,
      productsMs: scale * products,
      attentionMs: scale * attention,
      restMs: scale * rest,
      waitingMs: Math.max(0, usual - scale * busy),
      step,
      isEstimate,
    };
    return { timing };
  }

  #seconds(): number {
    return this.#recent.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  }
}

const CALIBRATION_STEPS = 10;
const WINDOW = 64;
