import { ZerothError } from "#base/errors.ts";
import { bf16ToF32, f16ToF32 } from "#base/halfFloat.ts";
import type { TensorSource } from "#data/checkpoint.ts";
import { type Memory, type PlannedBuffer, planned } from "#gpu/memory.ts";
import type { Readback } from "#gpu/readback.ts";
import type { Layout, Shard } from "./layout.ts";
import type { Parameter } from "./parameters.ts";

/** Bytes moved at a time, between file and GPU or back. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Where a stretch of a parameter lies: `elements` floats from `offset` of a buffer. */
interface Stretch {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly elements: number;
}

/** The buffers of a model's weights: all vectors in one, then every shard of every matrix. */
export function planWeights(
  { vectors, matrices }: Layout,
  kind: "weights" | "snapshot" = "weights",
): { readonly vectors: PlannedBuffer; readonly shards: ReadonlyMap<Shard, PlannedBuffer> } {
  const shards = [...matrices.values()].flatMap((matrix) =>
    matrix.shards.map((shard, i) => {
      const sizeBytes = shard.rows * matrix.width * 4;
      return [shard, planned(`${matrix.name}[${i}]`, kind, sizeBytes)] as const;
    }),
  );
  return { vectors: planned("vectors", kind, vectors.elements * 4), shards: new Map(shards) };
}

/** The weights θ on the GPU, f32. Nothing but a delta ever changes them. */
export class Weights {
  readonly vectors: GPUBuffer;
  readonly #shards = new Map<Shard, GPUBuffer>();
  readonly #stretches: readonly Stretch[][];
  readonly #device: GPUDevice;
  readonly #table: readonly Parameter[];

  constructor(
    device: GPUDevice,
    memory: Memory,
    layout: Layout,
    kind: "weights" | "snapshot" = "weights",
  ) {
    this.#device = device;
    this.#table = layout.table;
    this.#stretches = layout.table.map(() => []);
    const plan = planWeights(layout, kind);
    this.vectors = memory.make(plan.vectors);
    for (const [name, offset] of layout.vectors.offsets) {
      const parameter = layout.table.find((p) => p.name === `model.decoder.${name}`)!;
      const stretch = { buffer: this.vectors, offset, elements: parameter.elements };
      this.#stretches[parameter.index]!.push(stretch);
    }
    for (const matrix of layout.matrices.values()) {
      for (const shard of matrix.shards) {
        const buffer = memory.make(plan.shards.get(shard)!);
        this.#shards.set(shard, buffer);
        for (const { parameter, at, rows } of shard.pieces) {
          const stretch = { buffer, offset: at * matrix.width, elements: rows * matrix.width };
          this.#stretches[parameter.index]!.push(stretch);
        }
      }
    }
  }

  /** Records a copy of all of another's weights, of the same layout, into these. */
  copyFrom(other: Weights, encoder: GPUCommandEncoder): void {
    encoder.copyBufferToBuffer(other.vectors, 0, this.vectors, 0, this.vectors.size);
    for (const [shard, buffer] of this.#shards) {
      encoder.copyBufferToBuffer(other.shard(shard), 0, buffer, 0, buffer.size);
    }
  }

  shard(shard: Shard): GPUBuffer {
    const buffer = this.#shards.get(shard);
    if (!buffer) throw new Error("This shard is of another layout.");
    return buffer;
  }

  /**
   * Streams tensors from a checkpoint to the GPU, widening to f32 on the way.
   *
   * @param tensors in table order
   * @param onProgress called with the bytes of the file read so far
   * @throws ZerothError E-FILE-3 for weights that are not numbers
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
        const values = widen(tensor, await tensor.read(start, end));
        refuseNonFinite(tensor.name, values);
        this.#write(this.#stretches[i]!, element, values);
        element += values.length;
        done += end - start;
        onProgress(done);
      }
      // Staging copies of writeBuffer pile up until the GPU has taken them.
      await this.#device.queue.onSubmittedWorkDone();
    }
  }

  /** Fills the weights from f32 pieces in table order, as `read` gives them. */
  async restore(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    const all = this.#stretches.flat();
    let element = 0;
    for await (const piece of pieces) {
      const aligned = piece.byteOffset % 4 === 0 ? piece : piece.slice();
      const values = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
      this.#write(all, element, values);
      element += values.length;
    }
    await this.#device.queue.onSubmittedWorkDone();
  }

  /** All parameters in table order as f32 little-endian, in pieces of at most 8 MiB. */
  async *read(readback: Readback): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const parameter of this.#table) yield* this.readParameter(readback, parameter.index);
  }

  async *readParameter(readback: Readback, index: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const { buffer, offset, elements } of this.#stretches[index]!) {
      for (let start = 0; start < elements * 4; start += PIECE_BYTES) {
        const size = Math.min(PIECE_BYTES, elements * 4 - start);
        yield new Uint8Array(await readback.read(buffer, offset * 4 + start, size));
      }
    }
  }

  /** Writes values that begin at `element` of the stretches laid end to end. */
  #write(stretches: readonly Stretch[], element: number, values: Float32Array<ArrayBuffer>): void {
    let start = 0;
    for (const { buffer, offset, elements } of stretches) {
      const from = Math.max(element, start);
      const to = Math.min(element + values.length, start + elements);
      if (from < to) {
        const part = values.subarray(from - element, to - element);
        this.#device.queue.writeBuffer(buffer, (offset + from - start) * 4, part);
      }
      start += elements;
    }
  }
}

function widen(tensor: TensorSource, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  switch (tensor.dtype) {
    case "F32":
      return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
    case "F16":
      return f16ToF32(new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2));
    case "BF16":
      return bf16ToF32(new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2));
    default:
      return tensor.dtype satisfies never;
  }
}

function refuseNonFinite(name: string, values: Float32Array): void {
  let bad = 0;
  for (const value of values) if (!Number.isFinite(value)) bad++;
  if (bad === 0) return;
  throw new ZerothError(
    "E-FILE-3",
    `The tensor "${name}" holds ${bad} values that are not finite numbers. ` +
      `The checkpoint is damaged or its training had diverged; nothing of it was kept.`,
  );
}
