/** What recording a kernel needs of a compute pass. */
export type Commands = Pick<
  GPUComputePassEncoder,
  "setPipeline" | "setBindGroup" | "dispatchWorkgroups"
>;

/**
 * Records dispatches and hands them to the GPU, all at once or so many at a time. Where the borders
 * lie changes when work starts, never what is computed: the queue keeps its order.
 */
export class Recorder implements Commands {
  readonly #device: GPUDevice;
  readonly #mostDispatches: number;
  #open: { readonly encoder: GPUCommandEncoder; readonly pass: GPUComputePassEncoder } | null =
    null;
  #since = 0;
  #dispatches = 0;

  constructor(device: GPUDevice, mostDispatches = Number.POSITIVE_INFINITY) {
    this.#device = device;
    this.#mostDispatches = mostDispatches;
  }

  /** Dispatches recorded so far. */
  get dispatches(): number {
    return this.#dispatches;
  }

  setPipeline(pipeline: GPUComputePipeline): undefined {
    if (this.#since >= this.#mostDispatches) this.submit();
    this.#pass().setPipeline(pipeline);
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
    this.#since = 0;
  }

  #pass(): GPUComputePassEncoder {
    if (!this.#open) {
      const encoder = this.#device.createCommandEncoder();
      this.#open = { encoder, pass: encoder.beginComputePass() };
    }
    return this.#open.pass;
  }
}
