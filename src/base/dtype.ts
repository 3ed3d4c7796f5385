/** Number format of the weights of a run: all f32, or all f16 (IEEE 754 binary16). */
export const weightDtypes = ["f32", "f16"] as const;
export type WeightDtype = (typeof weightDtypes)[number];

/**
 * Layout of weights in a GPU buffer, in the order of `STORAGE` in `shaders/lib/theta.wgsl`: f32 numbers;
 * f16 numbers, two per word; or f16 numbers one per word, for vectors and matrices of odd width.
 */
export const storages = ["floats", "halves", "wideHalves"] as const;
export type Storage = (typeof storages)[number];

/** Bytes of that many weights in a GPU buffer. */
export function storedBytes(storage: Storage, elements: number): number {
  return storage === "halves" ? elements * 2 : elements * 4;
}

/** Bytes of a weight outside the GPU: in a checkpoint, a file or a hash. */
export function bytesPerWeight(dtype: WeightDtype): 2 | 4 {
  return dtype === "f16" ? 2 : 4;
}
