import { ZerothError } from "#base/errors.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import type { Environment } from "./environment.ts";

/** After two losses within this time, browsers block the GPU for a while. */
const LOSSES_APART_MS = 120_000;

/** The GPU device of a session: opened at first use, and another one after a loss. */
export class GpuHolder {
  readonly #env: Pick<Environment, "gpu" | "now">;
  #device: Device | null = null;
  /** By the environment's clock. */
  #lostAt: number | null = null;

  constructor(env: Pick<Environment, "gpu" | "now">) {
    this.#env = env;
  }

  /** The open device, or null. */
  get current(): Device | null {
    return this.#device;
  }

  /** @throws ZerothError E-GPU-1, E-GPU-2 */
  async open(): Promise<Device> {
    if (this.#device) return this.#device;
    const { gpu } = this.#env;
    if (!gpu) {
      throw new ZerothError(
        "E-GPU-1",
        "This browser has no WebGPU, and training needs it. It works in Chrome and Edge from 113 on, " +
          "Safari from 26, Firefox from 141 on Windows. Saved runs can still be opened here.",
      );
    }
    const device = await openDevice(gpu);
    this.#device = device;
    void device.lost.then(() => this.drop(device));
    return device;
  }

  /** Makes the next use open another device, if this one is still the open one. */
  drop(device: Device): void {
    if (this.#device === device) this.#device = null;
  }

  /** Records a loss of the device. True if there was another one within the last two minutes. */
  recordLoss(): boolean {
    const now = this.#env.now();
    const isAgain = this.#lostAt !== null && now - this.#lostAt < LOSSES_APART_MS;
    this.#lostAt = now;
    return isAgain;
  }
}
