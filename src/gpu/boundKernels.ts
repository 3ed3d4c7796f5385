import { type BuffersOf, type Card, type ParamsOf, packStruct } from "./card.ts";
import type { Commands } from "./commands.ts";
import { bind, type Kernel } from "./kernel.ts";
import { type Memory, type PlannedBuffer, planned, usage } from "./memory.ts";

/** A kernel with the bind group of one of its uses. */
export interface BoundKernel {
  readonly kernel: Kernel;
  readonly group: GPUBindGroup;
}

/** Alignment of a uniform in a buffer. @see WebGPU, minUniformBufferOffsetAlignment */
const SLOT_BYTES = 256;
/** Slots added at a time if the planned ones run out. */
const EXTRA_SLOTS = 64;

/** The buffer for the params of `count` bound kernels. */
export function planParams(label: string, count: number): PlannedBuffer {
  return planned(label, "other", count * SLOT_BYTES, usage.UNIFORM);
}

/**
 * Binds each use of a kernel once and keeps the bind group, so that steps after the first of a shape
 * create nothing. The params of all of them share one buffer.
 */
export class BoundKernels {
  readonly #device: GPUDevice;
  readonly #memory: Memory;
  readonly #byName = new Map<string, BoundKernel>();
  #params: GPUBuffer;
  #free = 0;
  #count = 0;

  /** @param plan from `planParams` */
  constructor(device: GPUDevice, memory: Memory, plan: PlannedBuffer) {
    this.#device = device;
    this.#memory = memory;
    this.#params = memory.make(plan);
  }

  /** The bound kernel of that name; `describe` is called the first time only. */
  get<C extends Card>(
    name: string,
    kernel: Kernel<C>,
    describe: () => { params: ParamsOf<C>; buffers: BuffersOf<C> },
  ): BoundKernel {
    const known = this.#byName.get(name);
    if (known) return known;
    const { params, buffers } = describe();
    const bound = this.bind(kernel, params, buffers);
    this.#byName.set(name, bound);
    return bound;
  }

  /** Bind groups made so far. */
  get count(): number {
    return this.#count;
  }

  /** Binds a kernel for a caller that keeps the result itself, to save the lookup by name. */
  bind<C extends Card>(kernel: Kernel<C>, params: ParamsOf<C>, buffers: BuffersOf<C>): BoundKernel {
    return this.bindUniform(kernel, this.#store(packStruct(kernel.card.params, params)), buffers);
  }

  /** Like `bind`, with params in a buffer that the caller rewrites between uses. */
  bindUniform<C extends Card>(
    kernel: Kernel<C>,
    params: GPUBufferBinding,
    buffers: BuffersOf<C>,
  ): BoundKernel {
    this.#count++;
    return { kernel, group: bind(this.#device, kernel, params, buffers) };
  }

  #store(contents: ArrayBuffer): GPUBufferBinding {
    if (this.#free + SLOT_BYTES > this.#params.size) {
      this.#params = this.#memory.make(planParams("more uniforms", EXTRA_SLOTS));
      this.#free = 0;
    }
    const slot = { buffer: this.#params, offset: this.#free, size: contents.byteLength };
    this.#device.queue.writeBuffer(this.#params, slot.offset, contents);
    this.#free += SLOT_BYTES;
    return slot;
  }
}

/** Records a dispatch of x · y · z workgroups; nothing if x or y is 0. */
export function dispatch(pass: Commands, { kernel, group }: BoundKernel, x: number, y = 1, z = 1) {
  if (x === 0 || y === 0) return;
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(x, y, z);
}
