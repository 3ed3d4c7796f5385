import type { Clock } from "#gpu/commands.ts";
import { attention, weightPass, weightPassWhole } from "#gpu/kernels.gen.ts";
import { PassTimer } from "#gpu/passTimer.ts";
import type { Readback } from "#gpu/readback.ts";
import { halfLinearCards, linearCards } from "./linearKernels.ts";

/** A timed part of a step. */
export type StepPart = "weightPass" | "products" | "attention" | "rest";

/** Times the parts of a step with GPU timestamps, if the GPU has them. */
export class StepClock {
  readonly #timer: PassTimer | null;
  #running: Clock | null = null;

  /** @param buffer of at least `timestampBytes` */
  constructor(device: GPUDevice, buffer: GPUBuffer) {
    const hasClock = device.features.has("timestamp-query");
    this.#timer = hasClock ? new PassTimer(device, buffer) : null;
  }

  get isAvailable(): boolean {
    return this.#timer !== null;
  }

  /** The clock for what is recorded now; null while nothing is timed. */
  get running(): Clock | null {
    return this.#running;
  }

  /** Returns false if the GPU has no timestamps. */
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

  /** Milliseconds since `begin`; null if the timestamps were of no use. @throws DeviceLost */
  async read(readback: Readback): Promise<Readonly<Record<StepPart, number>> | null> {
    const times = await this.#timer?.read(readback);
    if (!times) return null;
    return { weightPass: 0, products: 0, attention: 0, rest: 0, ...times };
  }

  destroy(): void {
    this.#timer?.destroy();
  }
}

/** The part of a step that a kernel belongs to, by the label of its pipeline. */
export function partOf(label: string): StepPart {
  if (label === weightPass.name || label === weightPassWhole.name) return "weightPass";
  if ([...linearCards, ...halfLinearCards].some(({ name }) => name === label)) return "products";
  return label === attention.name ? "attention" : "rest";
}
