import type { PassTimer } from "./passTimer.ts";

/** What recording a kernel needs of a compute pass. */
export type Commands = Pick<
  GPUComputePassEncoder,
  "setPipeline" | "setBindGroup" | "dispatchWorkgroups"
>;

export interface Clock {
  readonly timer: PassTimer;
  /** What a kernel counts as, by its label. */
  groupOf(label: string): string;
}

/**
 * Records dispatches and hands them to the GPU, all at once or so many at a time. Where the borders
 * lie changes when work starts, never what is computed: the queue keeps its order.
 */
export class Recorder implements Commands {
  readonly #device: GPUDevice;
  readonly #mostDispatches: number;
  #open: { readonly encoder: GPUCommandEncoder; readonly pass: GPUComputePassEncoder } | null =
    null;
  readonly #clock: Clock | null;
  #group = "";
  #pipeline: GPUComputePipeline | null = null;
  #since = 0;
  #dispatches = 0;

  /** @param clock times every stretch of kernels of one group; each is then a pass of its own */
  constructor(
    device: GPUDevice,
    mostDispatches = Number.POSITIVE_INFINITY,
    clock: Clock | null = null,
  ) {
    this.#device = device;
    this.#clock = clock;
    this.#mostDispatches = mostDispatches;
  }

  /** Dispatches recorded so far. */
  get dispatches(): number {
    return this.#dispatches;
  }

  setPipeline(pipeline: GPUComputePipeline): undefined {
    if (this.#since >= this.#mostDispatches) this.submit();
    if (this.#clock) this.#turnTo(this.#clock.groupOf(pipeline.label));
    const pass = this.#pass();
    // An update is one weight pass after another, and a call costs a microsecond.
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

  /** Hands over what is recorded and not yet handed over. */
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

  #turnTo(group: string): void {
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
