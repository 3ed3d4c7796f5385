import type { OptModel } from "#model/opt.ts";
import type { StepPart } from "#model/stepClock.ts";

/** Where the time of a step went, in milliseconds. */
export interface TimedStep {
  /** The step timed last, from 1. */
  readonly step: number;
  readonly parts: Readonly<Record<StepPart, number>>;
  /** By the host's clock, a mean of all steps timed; else by the GPU's, of that step. */
  readonly isEstimate: boolean;
}

/** A timed step is cut into many passes or submits: a few in a hundred cost nothing that shows. */
const TIMED_EVERY = 50;
const TIMED_FIRST = 5;

/** Has a step timed now and then, and keeps what came of it. */
export class StepTimes {
  readonly #model: Pick<OptModel, "clock" | "readback">;
  /** The step under way whose times have not come back, from 1. */
  #awaited: number | null = null;
  #latest: TimedStep | null = null;
  #timed = 0;

  constructor(model: Pick<OptModel, "clock" | "readback">) {
    this.#model = model;
  }

  /** @param step 0-based */
  static isTimed(step: number): boolean {
    return step % TIMED_EVERY === TIMED_FIRST;
  }

  get latest(): TimedStep | null {
    return this.#latest;
  }

  /**
   * The host's clock runs: it hears of the step's end only if it has nothing else to do until then.
   */
  get isHostListening(): boolean {
    return this.#awaited !== null && this.#model.clock.isEstimate;
  }

  /** Records a step, 0-based, timed if it is its turn and there is a clock for it. */
  record(step: number, now: (() => number) | null, act: () => void): void {
    const { clock } = this.#model;
    const isTimed = StepTimes.isTimed(step) && clock.begin(now);
    act();
    if (!isTimed) return;
    clock.end();
    this.#awaited = step + 1;
  }

  /** Takes in what the clock said of the step timed last, if any. @throws DeviceLost */
  async read(): Promise<void> {
    const step = this.#awaited;
    if (step === null) return;
    const { clock, readback } = this.#model;
    const parts = await clock.read(readback);
    this.#awaited = null;
    if (!parts) return;
    const { isEstimate } = clock;
    this.#latest = { step, isEstimate, parts: isEstimate ? this.#mean(parts) : parts };
  }

  #mean(parts: TimedStep["parts"]): TimedStep["parts"] {
    const before = this.#latest?.parts ?? parts;
    const share = 1 / ++this.#timed;
    const mean = (part: StepPart) => before[part] + share * (parts[part] - before[part]);
    return {
      ...{ weightPass: mean("weightPass"), products: mean("products") },
      ...{ attention: mean("attention"), rest: mean("rest") },
    };
  }
}
