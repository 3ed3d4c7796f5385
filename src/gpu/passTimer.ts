import type { Readback } from "./readback.ts";

/** Limit of passes per measurement; with more, there is no result. */
const MAX_PASSES = 2048;
export const timestampBytes = MAX_PASSES * 2 * 8;

/** Measures compute passes with GPU timestamps at both ends. */
export class PassTimer {
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #queries: GPUQuerySet;
  /** The group of each measured pass. */
  #groups: string[] = [];
  #isOverrun = false;

  /** @param buffer of at least `timestampBytes`, to resolve queries into */
  constructor(device: GPUDevice, buffer: GPUBuffer) {
    this.#device = device;
    this.#buffer = buffer;
    this.#queries = device.createQuerySet({
      label: "timestamps",
      type: "timestamp",
      count: MAX_PASSES * 2,
    });
  }

  /** Starts a measurement. */
  begin(): void {
    this.#groups = [];
    this.#isOverrun = false;
  }

  /** The timestamps of the next pass, which belongs to `group`; undefined if there are too many passes. */
  writesFor(group: string): GPUComputePassTimestampWrites | undefined {
    const at = this.#groups.length;
    if (at >= MAX_PASSES) {
      this.#isOverrun = true;
      return undefined;
    }
    this.#groups.push(group);
    return {
      querySet: this.#queries,
      beginningOfPassWriteIndex: 2 * at,
      endOfPassWriteIndex: 2 * at + 1,
    };
  }

  /** Ends the measurement, after which it can be read. */
  end(): void {
    const encoder = this.#device.createCommandEncoder({ label: "timestamps" });
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#groups.length, this.#buffer, 0);
    this.#device.queue.submit([encoder.finish()]);
  }

  /**
   * Returns milliseconds by group, or null if the timestamps were of no use. Browsers round them to 0.1 ms,
   * which averages out over the many passes of a step.
   *
   * @throws DeviceLost
   */
  async read(readback: Readback): Promise<Readonly<Record<string, number>> | null> {
    const groups = this.#groups;
    if (this.#isOverrun || groups.length === 0) return null;
    const times = new BigUint64Array(await readback.read(this.#buffer, 0, groups.length * 16));
    const sums: Record<string, number> = {};
    groups.forEach((group, i) => {
      const nanoseconds = Number(times[2 * i + 1]! - times[2 * i]!);
      // The clock may be reset between two passes.
      sums[group] = (sums[group] ?? 0) + Math.max(0, nanoseconds) / 1e6;
    });
    return Object.values(sums).some((sum) => sum > 0) ? sums : null;
  }

  destroy(): void {
    this.#queries.destroy();
  }
}
