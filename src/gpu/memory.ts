const memoryKinds = ["weights", "scratch", "activations", "cache", "snapshot", "other"] as const;

/** The purpose of a buffer. `cache` holds keys and values of generated text. */
export type MemoryKind = (typeof memoryKinds)[number];

/** A buffer to be allocated. Plans are lists of them, and allocation walks the lists. */
export interface PlannedBuffer {
  readonly label: string;
  readonly kind: MemoryKind;
  /** Rounded up to a multiple of 16, as allocated. */
  readonly sizeBytes: number;
  readonly extraUsage?: number;
}

export function planned(
  label: string,
  kind: MemoryKind,
  sizeBytes: number,
  extraUsage = 0,
): PlannedBuffer {
  const size = Math.max(16, Math.ceil(sizeBytes / 16) * 16);
  return { label, kind, sizeBytes: size, ...(extraUsage ? { extraUsage } : {}) };
}

/** Bytes of a plan by kind. */
export function bytesByKind(plan: readonly PlannedBuffer[]): Record<MemoryKind, number> {
  const bytes = { weights: 0, scratch: 0, activations: 0, cache: 0, snapshot: 0, other: 0 };
  for (const { kind, sizeBytes } of plan) bytes[kind] += sizeBytes;
  return bytes;
}

/** Creates, counts and destroys all buffers of a model. Nothing is allocated during training. */
export class Memory {
  readonly #device: GPUDevice;
  readonly #buffers = new Set<{ readonly buffer: GPUBuffer; readonly kind: MemoryKind }>();
  readonly #parts = new Set<Memory>();
  readonly #whole: Memory | null;

  constructor(device: GPUDevice, whole: Memory | null = null) {
    this.#device = device;
    this.#whole = whole;
  }

  /** A part that is counted and destroyed with this memory, and may be destroyed earlier. */
  part(): Memory {
    const part = new Memory(this.#device, this);
    this.#parts.add(part);
    return part;
  }

  /** Allocates a storage buffer. Its size is rounded up to a multiple of 16. */
  allocate(label: string, kind: MemoryKind, sizeBytes: number, extraUsage = 0): GPUBuffer {
    return this.make(planned(label, kind, sizeBytes, extraUsage));
  }

  /** Allocates a planned storage buffer. */
  make({ label, kind, sizeBytes, extraUsage = 0 }: PlannedBuffer): GPUBuffer {
    const buffer = this.#device.createBuffer({
      label,
      size: sizeBytes,
      usage: usage.STORAGE | usage.COPY_SRC | usage.COPY_DST | extraUsage,
    });
    this.#buffers.add({ buffer, kind });
    return buffer;
  }

  /** Allocates a uniform buffer with contents. */
  allocateUniform(label: string, contents: ArrayBuffer): GPUBuffer {
    const buffer = this.#device.createBuffer({
      label,
      size: contents.byteLength,
      usage: usage.UNIFORM | usage.COPY_DST,
    });
    this.#device.queue.writeBuffer(buffer, 0, contents);
    this.#buffers.add({ buffer, kind: "other" });
    return buffer;
  }

  bytesByKind(): Record<MemoryKind, number> {
    const bytes = { weights: 0, scratch: 0, activations: 0, cache: 0, snapshot: 0, other: 0 };
    for (const { buffer, kind } of this.#buffers) bytes[kind] += buffer.size;
    for (const part of this.#parts) {
      const own = part.bytesByKind();
      for (const kind of memoryKinds) bytes[kind] += own[kind];
    }
    return bytes;
  }

  destroy(): void {
    for (const part of this.#parts) part.destroy();
    if (this.#whole) this.#whole.#parts.delete(this);
    for (const { buffer } of this.#buffers) buffer.destroy();
    this.#buffers.clear();
  }
}

/** GPUBufferUsage as numbers, because Dawn for Node has no such global. @see WebGPU, GPUBufferUsage */
export const usage = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;
