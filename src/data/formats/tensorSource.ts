import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import { type ByteSource, isRange, readExactly } from "./byteSource.ts";

/** Number formats of tensors as they are given out. */
export type DType = "F32" | "F16" | "BF16";

/** Number formats of tensors in a file. F64 is converted to F32 on reading. */
export type StoredDType = DType | "F64";

/** Where a tensor lies in a weight file. */
export interface TensorPlace {
  /** As in the file: with or without the `model.` prefix. */
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Of its first byte. */
  readonly offset: number;
}

/** One tensor of a weight file, not read yet. */
export interface TensorSource {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements × bytes of the dtype. */
  readonly sizeBytes: number;
  /** Bytes [start, end) of the row-major, contiguous, little-endian tensor. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

export const BYTES_PER_ELEMENT: Readonly<Record<StoredDType, number>> = {
  F32: 4,
  F16: 2,
  BF16: 2,
  F64: 8,
};

/** How many elements a shape has; 1 for a scalar. Beyond 2^53 not exact, so compare, then use. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether a value from a file is a list of whole, non-negative, exactly representable numbers. */
export function isSizeList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/**
 * The tensor at a place in a file. The caller has checked that its bytes lie inside.
 *
 * Its `read` throws ZerothError E-FILE-2 if a range leaves the tensor or the file gives too little.
 */
export function tensorAt(
  file: ByteSource,
  { name, dtype: stored, shape, offset }: TensorPlace,
): TensorSource {
  const dtype = stored === "F64" ? "F32" : stored;
  const sizeBytes = elementsOf(shape) * BYTES_PER_ELEMENT[dtype];
  const read = async (start: number, end: number) => {
    if (!isRange(start, end, sizeBytes)) {
      throw new ZerothError(
        "E-FILE-2",
        `Tensor ${quote(name)} has ${count(sizeBytes)} bytes; bytes ${start} to ${end} were requested.`,
      );
    }
    if (stored !== "F64") return readExactly(file, offset + start, offset + end);
    const [first, last] = [Math.floor(start / 4), Math.ceil(end / 4)];
    const doubles = await readExactly(file, offset + 8 * first, offset + 8 * last);
    return narrowed(doubles).slice(start - 4 * first, end - 4 * first);
  };
  return { name, dtype, shape, sizeBytes, read };
}

/** The bytes of float64 numbers as those of float32, rounded to nearest as PyTorch does. */
function narrowed(doubles: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(doubles.buffer, doubles.byteOffset, doubles.byteLength);
  const floats = new DataView(new ArrayBuffer(doubles.length / 2));
  for (let at = 0; at < doubles.length; at += 8) {
    floats.setFloat32(at / 2, view.getFloat64(at, true), true);
  }
  return new Uint8Array(floats.buffer);
}
