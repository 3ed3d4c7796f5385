/** What a run's weights are: every one an f32, or every one a half (IEEE 754 binary16). */
export const weightDtypes = ["f32", "f16"] as const;
export type WeightDtype = (typeof weightDtypes)[number];

/**
 * How a stretch of weights lies on the GPU, in the order of `STORAGE` in `shaders/lib/theta.wgsl`:
 * f32s; halves, two a word; or halves each widened to a word, for vectors and matrices of odd width.
 */
export const storages = ["floats", "halves", "wideHalves"] as const;
export type Storage = (typeof storages)[number];

/** Bytes that `elements` weights take up so. */
export function storedBytes(storage: Storage, elements: number): number {
  return storage === "halves" ? elements * 2 : elements * 4;
}

/** Bytes of one weight outside the GPU: in a snapshot, a file, a hash. */
export function bytesPerWeight(dtype: WeightDtype): 2 | 4 {
  return dtype === "f16" ? 2 : 4;
}
