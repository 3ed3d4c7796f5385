import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/quote.ts";
import { type ByteSource, isRange, readExactly } from "./byteSource.ts";

export type DType = "F32" | "F16" | "BF16";

/** One tensor of a weight file, not read yet. */
export interface TensorSource {
  /** As it stands in the file: with or without the `model.` prefix. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements × bytes of the dtype. */
  readonly sizeBytes: number;
  /** Bytes [start, end) of the row-major, contiguous, little-endian tensor. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** How many elements a shape has; 1 for a scalar. Beyond 2^53 not exact, so compare, then use. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether a value from a file is a list of whole, non-negative, exactly representable numbers. */
export function isSizeList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/**
 * The tensor whose bytes begin at `offset` of `file`. The caller has checked that they lie inside.
 *
 * Its `read` throws ZerothError E-FILE-2 if a range leaves the tensor or the file gives too little.
 */
export function tensorAt(
  file: ByteSource,
  offset: number,
  { name, dtype, shape }: Pick<TensorSource, "name" | "dtype" | "shape">,
): TensorSource {
  const sizeBytes = elementsOf(shape) * BYTES_PER_ELEMENT[dtype];
  const read = async (start: number, end: number) => {
    if (!isRange(start, end, sizeBytes)) {
      throw new ZerothError(
        "E-FILE-2",
        `Tensor ${quote(name)} has ${count(sizeBytes)} bytes; bytes ${start} to ${end} were asked for.`,
      );
    }
    return readExactly(file, offset + start, offset + end);
  };
  return { name, dtype, shape, sizeBytes, read };
}
