import type { PassTimer } from "./passTimer.ts";

/** The part of a compute pass that records kernels. */
export type Commands = Pick<
  GPUComputePassEncoder,
  "setPipeline" | "setBindGroup" | "dispatchWorkgroups"
>;

export interface Clock {
  readonly timer: PassTimer;
  /** The group that a kernel's time is added to, by its label. */
  groupOf(label: string): string;
}

/**
 * Records dispatches and submits them, all at once or at most so many at a time. That changes when work
 * starts, never what is computed, because the queue keeps its order.
 */
export class Recorder implements Commands {
  readonly #device: GPUDevice;
  readonly #maxDispatches: number;
  #open: { readonly encoder: GPUCommandEncoder; readonly pass: GPUComputePassEncoder } | null =
    null;
  readonly #clock: Clock | null;
  #group = "";
  #pipeline: GPUComputePipeline | null = null;
  #since = 0;
  #dispatches = 0;

  /** @param clock times consecutive kernels of a group, which then get a pass of their own */
  constructor(
    device: GPUDevice,
    maxDispatches = Number.POSITIVE_INFINITY,
    clock: Clock | null = null,
  ) {
    this.#device = device;
    this.#clock = clock;
    this.#maxDispatches = maxDispatches;
  }

  /** Dispatches recorded so far. */
  get dispatches(): number {
    return this.#dispatches;
  }

  setPipeline(pipeline: GPUComputePipeline): undefined {
    if (this.#since >= this.#maxDispatches) this.submit();
    if (this.#clock) this.#startGroup(this.#clock.groupOf(pipeline.label));
    const pass = this.#pass();
    // An update is a sequence of weight passes, and each call costs a microsecond.
    if (this.#pipeline !== pipeline) pass.setPipeline(pipeline);
    this.#pipeline = pipeline;
  }

  setBindGroup(index: number, group: GPUBindGroup | null | undefined): undefined {
    this.#pass().setBindGroup(index, group);
  }

  dispatchWorkgroups(x: number, y?: number, z?: number): undefined {
    this.#pass().dispatchWorkgroups(x, y, z);
    this.#since++;
    this.#dispatches++;
  }

  /** Submits what is recorded and not yet submitted. */
  submit(): void {
    if (!this.#open) return;
    const { encoder, pass } = this.#open;
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
    this.#open = null;
    this.#pipeline = null;
    this.#since = 0;
  }

  #pass(): GPUComputePassEncoder {
    this.#open ??= this.#begin(this.#device.createCommandEncoder());
    return this.#open.pass;
  }

  #begin(encoder: GPUCommandEncoder) {
    const timestampWrites = this.#clock?.timer.writesFor(this.#group);
    return { encoder, pass: encoder.beginComputePass(timestampWrites ? { timestampWrites } : {}) };
  }

  #startGroup(group: string): void {
    if (group === this.#group) return;
    this.#group = group;
    if (!this.#open) return;
    this.#open.pass.end();
    this.#open = this.#begin(this.#open.encoder);
    this.#pipeline = null;
  }
}

/** Commands that skip every kernel whose label fails the test. */
export function filterKernels(pass: Commands, isWanted: (label: string) => boolean): Commands {
  let isOn = false;
  return {
    setPipeline(pipeline) {
      isOn = isWanted(pipeline.label);
      if (isOn) pass.setPipeline(pipeline);
    },
    setBindGroup(index: number, group: GPUBindGroup | null | undefined) {
      if (isOn) pass.setBindGroup(index, group);
    },
    dispatchWorkgroups(x, y, z) {
      if (isOn) pass.dispatchWorkgroups(x, y, z);
    },
  };
}
