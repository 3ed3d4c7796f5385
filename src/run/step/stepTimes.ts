import { workDone } from "#gpu/wait.ts";
import type { Model } from "#model/model.ts";
import type { StepPart } from "#model/stepClock.ts";

/** Where the time of a step went, in milliseconds. */
export interface TimedStep {
  /** The step that was timed, from 1. */
  readonly step: number;
  readonly parts: Readonly<Record<StepPart, number>>;
  /** By the host's clock, each part by itself; else by the GPU's, as the step ran. */
  readonly isEstimate: boolean;
}

/** A timed step is cut into many passes: a few in a hundred cost nothing that shows. */
const TIMED_EVERY = 50;
const TIMED_FIRST = 5;
/** What is timed by the host takes so many times as long as merely waiting for nothing. */
const WAITS = 3;
const MOST_REPEATS = 32;
const TRIES = 3;
/** What takes longer is timed once: little can add to that, and the run should go on. */
const LONG_MS = 250;

/** Products last: by themselves they add up what they leave behind, which the others would then read. */
const order = [
  "weightPass",
  "attention",
  "rest",
  "products",
] as const satisfies readonly StepPart[];

/** Has a step timed now and then, and keeps what came of it. */
export class StepTimes {
  readonly #model: Pick<Model, "clock" | "readback" | "device">;
  readonly #first: number;
  /** The step under way whose times have not come back, from 1. */
  #awaited: number | null = null;
  #latest: TimedStep | null = null;
  #isTried = false;

  /** @param first 0-based step that is handed over first */
  constructor(model: Pick<Model, "clock" | "readback" | "device">, first: number) {
    this.#model = model;
    this.#first = first;
  }

  /** @param step 0-based */
  static isTimed(step: number): boolean {
    return step % TIMED_EVERY === TIMED_FIRST;
  }

  get latest(): TimedStep | null {
    return this.#latest;
  }

  /** Records a step, 0-based, timed by the GPU's clock if it is its turn and there is one. */
  record(step: number, act: () => void): void {
    const { clock } = this.#model;
    const isTimed = StepTimes.isTimed(step) && clock.begin();
    act();
    if (!isTimed) return;
    clock.end();
    this.#awaited = step + 1;
  }

  /** Takes in what the GPU's clock said of the step timed last, if any. @throws DeviceLost */
  async read(): Promise<void> {
    const step = this.#awaited;
    if (step === null) return;
    this.#awaited = null;
    const parts = await this.#model.clock.read(this.#model.readback);
    if (parts) this.#latest = { step, parts, isEstimate: false };
  }

  /** The GPU has no clock, and a few steps have gone: the host should time their parts, once. */
  isHostWanted(step: number): boolean {
    return !this.#isTried && !this.#model.clock.isThere && step - this.#first >= TIMED_FIRST;
  }

  /**
   * Times each part of a step, 0-based, by itself and as often as it takes to tell it from waiting: some
   * browsers look at the GPU only now and then. Nothing may be in flight.
   *
   * @param now the host's clock, in milliseconds
   * @param hand hands over that part of the step, and nothing else, so many times
   */
  async askHost(
    step: number,
    now: () => number,
    hand: (part: StepPart, times?: number) => void,
  ): Promise<void> {
    this.#isTried = true;
    const { device } = this.#model;
    const take = async (act: () => void) => {
      const started = now();
      act();
      await workDone(device);
      return now() - started;
    };
    // The least of a few: what else the host does only ever adds to a time.
    const least = async (act: () => void) => {
      let best = await take(act);
      for (let i = 1; i < TRIES && best < LONG_MS; i++) best = Math.min(best, await take(act));
      return best;
    };
    const wait = await least(() => device.queue.submit([]));
    const parts = { weightPass: 0, products: 0, attention: 0, rest: 0 };
    for (const part of order) {
      const once = Math.max(0, (await least(() => hand(part))) - wait);
      // A coarse clock may stand still through both.
      const wanted = once > 0 ? Math.ceil((WAITS * wait) / once) : MOST_REPEATS;
      const repeats = Math.min(MOST_REPEATS, wanted);
      const all = repeats > 1 ? (await least(() => hand(part, repeats))) - wait : once;
      parts[part] = Math.max(0, all) / Math.max(1, repeats);
    }
    const isHeard = Object.values(parts).some((ms) => ms > 0);
    if (isHeard) this.#latest = { step: step + 1, parts, isEstimate: true };
  }
}
