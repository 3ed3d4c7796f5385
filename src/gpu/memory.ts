const memoryKinds = ["weights", "scratch", "activations", "cache", "snapshot", "other"] as const;

/** What a buffer is for; the page shows bytes by kind. `cache` holds keys and values of written text. */
export type MemoryKind = (typeof memoryKinds)[number];

/** A buffer that is to be made: plans list them, allocation walks the list. */
export interface PlannedBuffer {
  readonly label: string;
  readonly kind: MemoryKind;
  /** As allocated: rounded up to 16. */
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

/** What a plan takes of each kind. */
export function bytesByKind(plan: readonly PlannedBuffer[]): Record<MemoryKind, number> {
  const bytes = { weights: 0, scratch: 0, activations: 0, cache: 0, snapshot: 0, other: 0 };
  for (const { kind, sizeBytes } of plan) bytes[kind] += sizeBytes;
  return bytes;
}

/**
 * Every buffer of an engine: made here, counted here, destroyed here. Nothing is allocated while
 * training.
 */
export class Memory {
  readonly #device: GPUDevice;
  readonly #buffers = new Set<{ readonly buffer: GPUBuffer; readonly kind: MemoryKind }>();
  readonly #parts = new Set<Memory>();
  readonly #whole: Memory | null;

  constructor(device: GPUDevice, whole: Memory | null = null) {
    this.#device = device;
    this.#whole = whole;
  }

  /** A memory that is counted and destroyed with this one, and may be destroyed before it. */
  part(): Memory {
    const part = new Memory(this.#device, this);
    this.#parts.add(part);
    return part;
  }

  /** A buffer for shaders, with room for `sizeBytes` rounded up to 16. */
  allocate(label: string, kind: MemoryKind, sizeBytes: number, extraUsage = 0): GPUBuffer {
    return this.make(planned(label, kind, sizeBytes, extraUsage));
  }

  /** A buffer for shaders, as planned. */
  make({ label, kind, sizeBytes, extraUsage = 0 }: PlannedBuffer): GPUBuffer {
    const buffer = this.#device.createBuffer({
      label,
      size: sizeBytes,
      usage: usage.STORAGE | usage.COPY_SRC | usage.COPY_DST | extraUsage,
    });
    this.#buffers.add({ buffer, kind });
    return buffer;
  }

  /** A small buffer bound as uniform. */
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

/** GPUBufferUsage as numbers: Dawn for Node has no such globals. @see WebGPU, GPUBufferUsage */
export const usage = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;
