import type { Stepper } from "#run/step/stepper.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { StepTiming } from "./reports.ts";

type Timed = Pick<JournalStep, "milliseconds" | "tokens">;

/** Steps and tokens per second over the last stretch of training. Null until measured. */
export class Speed {
  #recent: Timed[] = [];
  #isFirst = true;

  /** Forgets measurements before a pause: the first step afterwards compiles programs. */
  restart(): void {
    this.#recent = [];
    this.#isFirst = true;
  }

  /** Adds finished steps. The first one is not counted, because drivers finish compiling in it. */
  add(steps: readonly Timed[]): void {
    const counted = this.#isFirst ? steps.slice(1) : steps;
    if (steps.length > 0) this.#isFirst = false;
    this.#recent = [...this.#recent, ...counted].slice(-WINDOW);
  }

  /** Enough steps have been timed to estimate the remaining time. */
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

  /** Time of a step by part: as measured in one step, with the rest of the mean step as waiting. */
  timingOf(timed: Stepper["timing"]): { readonly timing?: StepTiming } {
    const { stepsPerSecond } = this;
    if (!timed || stepsPerSecond === null) return {};
    const { weightPass, products, attention, rest } = timed.parts;
    const { step, isEstimate } = timed;
    const [usual, busy] = [1000 / stepsPerSecond, weightPass + products + attention + rest];
    // Parts timed alone may take longer than within a step.
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
