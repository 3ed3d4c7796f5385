import { workDone } from "#gpu/wait.ts";
import type { Model } from "#model/model.ts";
import type { StepPart } from "#model/stepClock.ts";

/** Where the time of a step went, in milliseconds. */
export interface TimedStep {
  /** The step that was timed, from 1. */
  readonly step: number;
  readonly parts: Readonly<Record<StepPart, number>>;
  /** Measured by the host's clock, each part alone; otherwise by the GPU's clock during the step. */
  readonly isEstimate: boolean;
}

/** A timed step is cut into many passes, so only two steps in a hundred are timed. */
const TIMED_EVERY = 50;
const TIMED_FIRST = 5;
/** The host repeats a part until it takes this many times as long as waiting for an empty submit. */
const MIN_WAITS = 3;
const MAX_REPEATS = 32;
const TRIES = 3;
/** A part that takes longer is timed once: noise is then small, and the run should continue. */
const LONG_MS = 250;

/** Products last: run alone, they accumulate into the buffers that the other parts read. */
const order = [
  "weightPass",
  "attention",
  "rest",
  "products",
] as const satisfies readonly StepPart[];

/** Times the parts of some steps and keeps the latest result. */
export class StepTimes {
  readonly #model: Pick<Model, "clock" | "readback" | "device">;
  readonly #first: number;
  /** The timed step whose times have not been read, from 1. */
  #awaited: number | null = null;
  #latest: TimedStep | null = null;
  #isTried = false;

  /** @param first 0-based step that is enqueued first */
  constructor(model: Pick<Model, "clock" | "readback" | "device">, first: number) {
    this.#model = model;
    this.#first = first;
  }

  /** Whether the GPU's clock times this step, counted from 0. */
  static isTimed(step: number): boolean {
    return step % TIMED_EVERY === TIMED_FIRST;
  }

  get latest(): TimedStep | null {
    return this.#latest;
  }

  /** Calls `enqueue`; if the step, counted from 0, is to be timed and the GPU has a clock, times it. */
  record(step: number, enqueue: () => void): void {
    const { clock } = this.#model;
    const isTimed = StepTimes.isTimed(step) && clock.begin();
    enqueue();
    if (!isTimed) return;
    clock.end();
    this.#awaited = step + 1;
  }

  /** Reads the times of the last timed step, if they have not been read. @throws DeviceLost */
  async read(): Promise<void> {
    const step = this.#awaited;
    if (step === null) return;
    this.#awaited = null;
    const parts = await this.#model.clock.read(this.#model.readback);
    if (parts) this.#latest = { step, parts, isEstimate: false };
  }

  /** True once a few steps are done if the GPU has no clock: the host then times their parts, once. */
  needsHostTiming(step: number): boolean {
    return !this.#isTried && !this.#model.clock.isAvailable && step - this.#first >= TIMED_FIRST;
  }

  /**
   * Times each part of a step, counted from 0, by the host's clock. Short parts are repeated until they
   * stand out from the wait itself: some browsers poll the GPU only every few milliseconds. Nothing may
   * be in flight.
   *
   * @param now milliseconds
   * @param submit submits one part of the step, and nothing else, that many times
   */
  async timeByHost(
    step: number,
    now: () => number,
    submit: (part: StepPart, times?: number) => void,
  ): Promise<void> {
    this.#isTried = true;
    const { device } = this.#model;
    const time = async (act: () => void) => {
      const started = now();
      act();
      await workDone(device);
      return now() - started;
    };
    // The shortest of a few: whatever else the host does only adds to a time.
    const shortest = async (act: () => void) => {
      let best = await time(act);
      for (let i = 1; i < TRIES && best < LONG_MS; i++) best = Math.min(best, await time(act));
      return best;
    };
    const wait = await shortest(() => device.queue.submit([]));
    const parts = { weightPass: 0, products: 0, attention: 0, rest: 0 };
    for (const part of order) {
      const once = Math.max(0, (await shortest(() => submit(part))) - wait);
      // With a coarse clock both times may be 0.
      const wanted = once > 0 ? Math.ceil((MIN_WAITS * wait) / once) : MAX_REPEATS;
      const repeats = Math.min(MAX_REPEATS, wanted);
      const all = repeats > 1 ? (await shortest(() => submit(part, repeats))) - wait : once;
      parts[part] = Math.max(0, all) / Math.max(1, repeats);
    }
    const isMeasured = Object.values(parts).some((ms) => ms > 0);
    if (isMeasured) this.#latest = { step: step + 1, parts, isEstimate: true };
  }
}
