import { bytesPerWeight, type Storage, storedBytes, type WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import { bf16ToF32, f16ToF32, f32ToF16 } from "#base/halfFloat.ts";
import type { DType, TensorSource } from "#data/formats/tensorSource.ts";
import { bindableBytes, type Device } from "#gpu/device.ts";
import { Memory, type PlannedBuffer, planned } from "#gpu/memory.ts";
import { Readback } from "#gpu/readback.ts";
import { workDone } from "#gpu/wait.ts";
import type { OptConfig } from "./config.ts";
import { type Layout, planLayout, type Shard } from "./layout.ts";

/** Bytes per piece read from a file or from the GPU. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Bytes written to the GPU before waiting for it. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** A part of a parameter in a buffer. `offset` and `elements` count weights. */
interface Part {
  readonly storage: Storage;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly elements: number;
}

/** The buffers of weights: one for all vectors, then one per shard of each matrix. */
export function planWeights(
  { vectors, matrices }: Layout,
  kind: "weights" | "snapshot" = "weights",
): { readonly vectors: PlannedBuffer; readonly shards: ReadonlyMap<Shard, PlannedBuffer> } {
  const shards = [...matrices.values()].flatMap((matrix) =>
    matrix.shards.map((shard, i) => {
      const sizeBytes = storedBytes(matrix.storage, shard.rows * matrix.width);
      return [shard, planned(`${matrix.name}[${i}]`, kind, sizeBytes)] as const;
    }),
  );
  const vectorBytes = storedBytes(vectors.storage, vectors.elements);
  return { vectors: planned("vectors", kind, vectorBytes), shards: new Map(shards) };
}

/**
 * Allocates a model's weights on the GPU, to be filled by `load` or `restore`.
 *
 * @param dtype of the stored weights
 * @param maxBindingBytes less than the device's limit only in tests of sharding
 */
export function allocateWeights(
  { device, info }: Device,
  config: OptConfig,
  dtype: WeightDtype = "f32",
  maxBindingBytes = Number.POSITIVE_INFINITY,
): Weights {
  const layout = planLayout(config, Math.min(bindableBytes(info), maxBindingBytes), dtype);
  return new Weights(device, config, layout);
}

/** The weights θ on the GPU. Only deltas change them. They outlive the models that run on them. */
export class Weights {
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly memory: Memory;
  readonly vectors: GPUBuffer;
  readonly #readback: Readback;
  readonly #shards = new Map<Shard, GPUBuffer>();
  readonly #parts: readonly Part[][];
  readonly #device: GPUDevice;
  /** Bytes written since the last wait for the GPU. */
  #waiting = 0;

  constructor(
    device: GPUDevice,
    config: OptConfig,
    layout: Layout,
    kind: "weights" | "snapshot" = "weights",
    memory = new Memory(device),
  ) {
    this.config = config;
    this.layout = layout;
    this.memory = memory;
    this.#device = device;
    this.#readback = new Readback(device);
    this.#parts = layout.table.map(() => []);
    const plan = planWeights(layout, kind);
    this.vectors = memory.make(plan.vectors);
    for (const { name, index, elements } of layout.table) {
      const offset = layout.vectors.offsets.get(name);
      if (offset === undefined) continue;
      const { storage } = layout.vectors;
      this.#parts[index]!.push({ storage, buffer: this.vectors, offset, elements });
    }
    for (const matrix of layout.matrices.values()) {
      const { storage, width } = matrix;
      for (const shard of matrix.shards) {
        const buffer = memory.make(plan.shards.get(shard)!);
        this.#shards.set(shard, buffer);
        for (const { parameter, at, rows } of shard.pieces) {
          const part = { storage, buffer, offset: at * width, elements: rows * width };
          this.#parts[parameter.index]!.push(part);
        }
      }
    }
  }

  /** Records a copy of other weights of the same layout into these. */
  copyFrom(other: Weights, encoder: GPUCommandEncoder): void {
    encoder.copyBufferToBuffer(other.vectors, 0, this.vectors, 0, this.vectors.size);
    for (const [shard, buffer] of this.#shards) {
      encoder.copyBufferToBuffer(other.shard(shard), 0, buffer, 0, buffer.size);
    }
  }

  shard(shard: Shard): GPUBuffer {
    const buffer = this.#shards.get(shard);
    if (!buffer) throw new Error("This shard belongs to another layout.");
    return buffer;
  }

  /**
   * Streams tensors of model files to the GPU, widened to f32 or rounded to the nearest half on the way.
   *
   * @param tensors in table order
   * @param onProgress called with the bytes of the file read so far
   * @throws ZerothError E-FILE-3 for weights that are not finite, E-FILE-10 for weights too large for f16
   */
  async load(
    tensors: readonly TensorSource[],
    onProgress: (bytesDone: number) => void = () => {},
  ): Promise<void> {
    let done = 0;
    for (const [i, tensor] of tensors.entries()) {
      let element = 0;
      for (let start = 0; start < tensor.sizeBytes; start += PIECE_BYTES) {
        const end = Math.min(start + PIECE_BYTES, tensor.sizeBytes);
        const values = decoded(tensor.dtype, await tensor.read(start, end));
        rejectNonFinite(tensor.name, values);
        if (this.layout.dtype === "f16") rejectTooLarge(tensor.name, values);
        this.#write(this.#parts[i]!, element, values);
        element += values.length;
        await this.#limitWaiting(values.byteLength);
        done += end - start;
        onProgress(done);
      }
    }
    await workDone(this.#device);
  }

  /** Sets one parameter, rounded to the nearest half where halves are stored. */
  write(index: number, values: Float32Array<ArrayBuffer>): void {
    this.#write(this.#parts[index]!, 0, values);
  }

  /**
   * Fills the weights from pieces in table order, as `read` returns them, rounded to the nearest half where
   * halves are stored. A score head that only the pieces have is skipped, one that they lack is kept.
   *
   * @param dtype of the pieces, which hold whole weights
   */
  async restore(
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    dtype: DType = "F32",
  ): Promise<void> {
    const all = this.#parts.flat();
    let element = 0;
    // Two halves share a word: a single one at the end of a piece waits for the next piece.
    let held = new Float32Array(0);
    for await (const piece of pieces) {
      const values = joined(held, decoded(dtype, piece));
      const whole = values.length - Number(this.#splitsWord(all, element + values.length));
      this.#write(all, element, values.subarray(0, whole));
      held = values.slice(whole);
      element += whole;
      await this.#limitWaiting(values.byteLength);
    }
    await workDone(this.#device);
  }

  /** Waits for the GPU now and then: staging copies of what is written pile up until it has taken them. */
  async #limitWaiting(sizeBytes: number): Promise<void> {
    this.#waiting += sizeBytes;
    if (this.#waiting < MAX_WAITING_BYTES) return;
    this.#waiting = 0;
    await workDone(this.#device);
  }

  /** All parameters in table order, little-endian, in `storedDtype`, in pieces of at most 8 MiB. */
  async *read(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const parameter of this.layout.table) yield* this.readParameter(parameter.index);
  }

  async *readParameter(index: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const { storage, buffer, offset, elements } of this.#parts[index]!) {
      const from = storedBytes(storage, offset);
      const total = storedBytes(storage, elements);
      for (let start = 0; start < total; start += PIECE_BYTES) {
        const size = Math.min(PIECE_BYTES, total - start);
        const bytes = await this.#readback.read(buffer, from + start, size);
        const isWide = storage === "wideHalves";
        yield new Uint8Array(isWide ? f32ToF16(new Float32Array(bytes)).buffer : bytes);
      }
    }
  }

  /** The dtype that `read` returns. */
  get storedDtype(): DType {
    return this.layout.dtype === "f16" ? "F16" : "F32";
  }

  /** Total bytes that `read` returns. */
  get sizeBytes(): number {
    const elements = this.layout.table.reduce((sum, parameter) => sum + parameter.elements, 0);
    return elements * bytesPerWeight(this.layout.dtype);
  }

  destroy(): void {
    this.#readback.destroy();
    this.memory.destroy();
  }

  /** Whether `element` of consecutive parts is the second weight of a word. */
  #splitsWord(parts: readonly Part[], element: number): boolean {
    let start = 0;
    for (const { storage, elements } of parts) {
      if (element < start + elements) return storage === "halves" && (element - start) % 2 === 1;
      start += elements;
    }
    return false;
  }

  /** Writes values from `element` of consecutive parts on. */
  #write(parts: readonly Part[], element: number, values: Float32Array<ArrayBuffer>): void {
    let start = 0;
    for (const { storage, buffer, offset, elements } of parts) {
      const from = Math.max(element, start);
      const to = Math.min(element + values.length, start + elements);
      if (from < to) {
        const slice = values.subarray(from - element, to - element);
        const at = storedBytes(storage, offset + from - start);
        this.#device.queue.writeBuffer(buffer, at, encoded(storage, slice));
      }
      start += elements;
    }
  }
}

/** Weights of a file or a checkpoint as f32. */
export function decoded(dtype: DType, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  switch (dtype) {
    case "F32":
      return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
    case "F16":
      return f16ToF32(new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2));
    case "BF16":
      return bf16ToF32(new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2));
    default:
      return dtype satisfies never;
  }
}

/** Weights in their format on the GPU. */
function encoded(storage: Storage, values: Float32Array<ArrayBuffer>) {
  if (storage === "floats") return values;
  const halves = f32ToF16(values);
  return storage === "halves" ? halves : f16ToF32(halves);
}

function joined(
  first: Float32Array<ArrayBuffer>,
  second: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  if (first.length === 0) return second;
  const all = new Float32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function rejectTooLarge(name: string, values: Float32Array): void {
  // Larger weights are rounded to infinity. @see f32ToF16
  const tooLarge = values.filter((value) => Math.abs(value) >= 65520).length;
  if (tooLarge === 0) return;
  throw new ZerothError(
    "E-FILE-10",
    `The tensor "${name}" holds ${tooLarge} weights beyond 65504, the largest number of f16, so the model ` +
      `was not loaded. Store the weights as f32 instead.`,
  );
}

function rejectNonFinite(name: string, values: Float32Array): void {
  let bad = 0;
  for (const value of values) if (!Number.isFinite(value)) bad++;
  if (bad === 0) return;
  throw new ZerothError(
    "E-FILE-3",
    `The tensor "${name}" holds ${bad} values that are not finite numbers, so the model was not loaded. ` +
      `The file is damaged, or its training had diverged.`,
  );
}
