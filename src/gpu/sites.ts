import { packScalars, type Scalars } from "./card.ts";
import type { Commands } from "./commands.ts";
import { bind, type Kernel } from "./kernel.ts";
import { type Memory, type PlannedBuffer, planned, usage } from "./memory.ts";

/** A kernel bound to its buffers and parameters at one place of the program. */
export interface Site {
  readonly kernel: Kernel;
  readonly group: GPUBindGroup;
}

/** Where a uniform may begin in a buffer. @see WebGPU, minUniformBufferOffsetAlignment */
const SLOT_BYTES = 256;
/** Slots made room for at a time where a plan was too small. */
const MORE_SLOTS = 64;

/** The buffer that holds the parameters of so many sites. */
export function planSites(label: string, count: number): PlannedBuffer {
  return planned(label, "other", count * SLOT_BYTES, usage.UNIFORM);
}

/**
 * Every place a kernel is used, bound at its first use and kept: after the first step of each shape
 * nothing is created any more. Parameters of all sites lie in one buffer, made at the start.
 */
export class Sites {
  readonly #device: GPUDevice;
  readonly #memory: Memory;
  readonly #sites = new Map<string, Site>();
  #uniforms: GPUBuffer;
  #free = 0;
  #count = 0;

  /** @param plan as `planSites` gives it */
  constructor(device: GPUDevice, memory: Memory, plan: PlannedBuffer) {
    this.#device = device;
    this.#memory = memory;
    this.#uniforms = memory.make(plan);
  }

  /** The site of that name; `params` and `buffers` are asked only the first time. */
  at(
    name: string,
    kernel: Kernel,
    describe: () => { params: Scalars; buffers: Readonly<Record<string, GPUBuffer>> },
  ): Site {
    const known = this.#sites.get(name);
    if (known) return known;
    const { params, buffers } = describe();
    const site = this.make(kernel, params, buffers);
    this.#sites.set(name, site);
    return site;
  }

  /** Sites bound so far. */
  get count(): number {
    return this.#count;
  }

  /** A site that the caller keeps, where looking a name up at every use would cost too much. */
  make(kernel: Kernel, params: Scalars, buffers: Readonly<Record<string, GPUBuffer>>): Site {
    const uniform = this.#place(packScalars(kernel.card.params, params));
    return this.bindTo(kernel, uniform, buffers);
  }

  /** As `make`, with parameters that the caller rewrites between uses. */
  bindTo(
    kernel: Kernel,
    params: GPUBufferBinding,
    buffers: Readonly<Record<string, GPUBuffer>>,
  ): Site {
    this.#count++;
    return { kernel, group: bind(this.#device, kernel, params, buffers) };
  }

  #place(contents: ArrayBuffer): GPUBufferBinding {
    if (this.#free + SLOT_BYTES > this.#uniforms.size) {
      this.#uniforms = this.#memory.make(planSites("more uniforms", MORE_SLOTS));
      this.#free = 0;
    }
    const place = { buffer: this.#uniforms, offset: this.#free, size: contents.byteLength };
    this.#device.queue.writeBuffer(this.#uniforms, place.offset, contents);
    this.#free += SLOT_BYTES;
    return place;
  }
}

/** Puts a site to work on a grid of workgroups. */
export function dispatch(pass: Commands, site: Site, x: number, y = 1, z = 1): void {
  if (x === 0 || y === 0) return;
  pass.setPipeline(site.kernel.pipeline);
  pass.setBindGroup(0, site.group);
  pass.dispatchWorkgroups(x, y, z);
}
