import type { Clock } from "#gpu/commands.ts";
import { attention, weightPass, weightPassWhole } from "#gpu/kernels.gen.ts";
import { PassTimer } from "#gpu/passTimer.ts";
import type { Readback } from "#gpu/readback.ts";
import { halfLinearCards, linearCards } from "./linearKernels.ts";

/** Parts of a step that are timed. */
export type StepPart = "weightPass" | "products" | "attention" | "rest";

/** Times the parts of a step now and then, by the GPU's own clock where it offers one. */
export class StepClock {
  readonly #timer: PassTimer | null;
  #running: Clock | null = null;

  /** @param buffer with room for `timestampBytes` */
  constructor(device: GPUDevice, buffer: GPUBuffer) {
    const hasClock = device.features.has("timestamp-query");
    this.#timer = hasClock ? new PassTimer(device, buffer) : null;
  }

  get isThere(): boolean {
    return this.#timer !== null;
  }

  /** What is recorded now is timed by this; null while nothing is timed. */
  get running(): Clock | null {
    return this.#running;
  }

  /** False where the GPU offers no clock. */
  begin(): boolean {
    if (!this.#timer) return false;
    this.#timer.begin();
    this.#running = { timer: this.#timer, groupOf: partOf };
    return true;
  }

  end(): void {
    this.#running = null;
    this.#timer?.end();
  }

  /** Milliseconds of the stretch timed last; null where the clock said nothing of use. @throws DeviceLost */
  async read(readback: Readback): Promise<Readonly<Record<StepPart, number>> | null> {
    const times = await this.#timer?.read(readback);
    if (!times) return null;
    return { weightPass: 0, products: 0, attention: 0, rest: 0, ...times };
  }

  destroy(): void {
    this.#timer?.destroy();
  }
}

/** What a kernel's time counts as, by the label of its pipeline. */
export function partOf(label: string): StepPart {
  if (label === weightPass.name || label === weightPassWhole.name) return "weightPass";
  if ([...linearCards, ...halfLinearCards].some(({ name }) => name === label)) return "products";
  return label === attention.name ? "attention" : "rest";
}
