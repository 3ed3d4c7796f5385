import type { Readback } from "./readback.ts";

/** Passes of a timed stretch at most; what comes after them makes the timing void. */
const MOST_PASSES = 2048;
export const timestampBytes = MOST_PASSES * 2 * 8;

/** The GPU's own clock, read at both ends of compute passes. */
export class PassTimer {
  readonly #device: GPUDevice;
  readonly #buffer: GPUBuffer;
  readonly #queries: GPUQuerySet;
  /** What each pass of the stretch was for. */
  #groups: string[] = [];
  #isOverrun = false;

  /** @param buffer with room for `timestampBytes`, to resolve queries into */
  constructor(device: GPUDevice, buffer: GPUBuffer) {
    this.#device = device;
    this.#buffer = buffer;
    this.#queries = device.createQuerySet({
      label: "timestamps",
      type: "timestamp",
      count: MOST_PASSES * 2,
    });
  }

  /** Forgets what was timed before. */
  begin(): void {
    this.#groups = [];
    this.#isOverrun = false;
  }

  /** A pass for `group` begins; undefined where there is no more room. */
  writesFor(group: string): GPUComputePassTimestampWrites | undefined {
    const at = this.#groups.length;
    if (at >= MOST_PASSES) {
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

  /** Ends the stretch: its times may be read from here on. */
  end(): void {
    const encoder = this.#device.createCommandEncoder({ label: "timestamps" });
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#groups.length, this.#buffer, 0);
    this.#device.queue.submit([encoder.finish()]);
  }

  /**
   * Milliseconds by group, or null where the clock said nothing of use. Browsers round the clock to
   * 0.1 ms; over the many passes of a step that evens out.
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
      // Clocks may be reset between two passes.
      sums[group] = (sums[group] ?? 0) + Math.max(0, nanoseconds) / 1e6;
    });
    return Object.values(sums).some((sum) => sum > 0) ? sums : null;
  }

  destroy(): void {
    this.#queries.destroy();
  }
}
