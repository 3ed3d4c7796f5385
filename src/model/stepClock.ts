import type { Clock } from "#gpu/commands.ts";
import { PassTimer } from "#gpu/passTimer.ts";
import type { Readback } from "#gpu/readback.ts";
import { SubmitTimer } from "#gpu/submitTimer.ts";
import { attention, halfLinearCards, linearCards, weightPass } from "./kernels.ts";

/** Parts of a step that are timed. */
export type StepPart = "weightPass" | "products" | "attention" | "rest";

/** Times the parts of a step now and then: by the GPU's own clock, or where it offers none by the host's. */
export class StepClock {
  /** Without a clock of the GPU's, times are an estimate that holds what handing over costs. */
  readonly isEstimate: boolean;
  readonly #timer: PassTimer | SubmitTimer;
  #running: Clock | null = null;

  /** @param buffer with room for `timestampBytes` */
  constructor(device: GPUDevice, buffer: GPUBuffer) {
    this.isEstimate = !device.features.has("timestamp-query");
    this.#timer = this.isEstimate ? new SubmitTimer(device) : new PassTimer(device, buffer);
  }

  /** What is recorded now is timed by this; null while nothing is timed. */
  get running(): Clock | null {
    return this.#running;
  }

  /**
   * False where there is no clock to be had.
   *
   * @param now the host's, in milliseconds of any origin
   */
  begin(now: (() => number) | null = null): boolean {
    if (this.isEstimate && !now) return false;
    this.#timer.begin(now ?? (() => 0));
    this.#running = { timer: this.#timer, groupOf: partOf };
    return true;
  }

  end(): void {
    this.#running = null;
    this.#timer.end();
  }

  /** Milliseconds of the stretch timed last; null where the clock said nothing of use. @throws DeviceLost */
  async read(readback: Readback): Promise<Readonly<Record<StepPart, number>> | null> {
    const times = await this.#timer.read(readback);
    if (!times) return null;
    return { ...{ weightPass: 0, products: 0, attention: 0, rest: 0 }, ...times };
  }

  destroy(): void {
    this.#timer.destroy();
  }
}

/** What a kernel's time counts as, by the label of its pipeline. */
function partOf(label: string): StepPart {
  if (label === weightPass.name) return "weightPass";
  if ([...linearCards, ...halfLinearCards].some(({ name }) => name === label)) return "products";
  return label === attention.name ? "attention" : "rest";
}
