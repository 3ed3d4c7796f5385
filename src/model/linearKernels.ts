import type { Card } from "#gpu/card.ts";
import * as gpu from "#gpu/kernels.gen.ts";

/** A kernel that multiplies matrices. All have the same params and bindings. */
export interface LinearCard extends Card {
  readonly params: typeof gpu.LinearParams;
  readonly bindings: typeof gpu.linearShared.bindings;
  /** Rows and columns of y per workgroup. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** K and the offset of the tensor in w must be multiples of this. */
  readonly innerMultiple: 1 | 2 | 4;
  /**
   * What w holds: f32, or f16 row by row without gaps, two to a u32 with the first in the low half
   * (the bytes of a safetensors F16 tensor). `w_offset` counts elements in either.
   */
  readonly weights: "f32" | "f16";
}

function linearCard(
  card: Card & Pick<LinearCard, "params" | "bindings">,
  [tileRows, tileColumns]: readonly [number, number],
  innerMultiple: 1 | 2 | 4,
  weights: "f32" | "f16" = "f32",
): LinearCard {
  return { ...card, tileRows, tileColumns, innerMultiple, weights };
}

export const linearQuad = linearCard(gpu.linearQuad, [8, 64], 1);
export const linearQuadTall = linearCard(gpu.linearQuadTall, [16, 64], 1);
export const linearTile = linearCard(gpu.linearTile, [32, 32], 4);
/** Runs on every device, for every shape. */
export const linearShared = linearCard(gpu.linearShared, [64, 64], 1);
export const linearSharedVec4 = linearCard(gpu.linearSharedVec4, [64, 64], 4);
export const linearSharedWide = linearCard(gpu.linearSharedWide, [128, 128], 4);
export const linearFew = linearCard(gpu.linearFew, [4, 4], 4);

export const linearQuadPacked = linearCard(gpu.linearQuadPacked, [8, 64], 2, "f16");
export const linearQuadTallPacked = linearCard(gpu.linearQuadTallPacked, [16, 64], 2, "f16");
export const linearSharedPacked = linearCard(gpu.linearSharedPacked, [64, 64], 4, "f16");
export const linearSharedF16 = linearCard(gpu.linearSharedF16, [64, 64], 4, "f16");

/** Kernels over f32 weights that tuning can choose from. */
export const linearCards: readonly LinearCard[] = [
  linearQuad,
  linearQuadTall,
  linearTile,
  linearShared,
  linearSharedVec4,
  linearSharedWide,
  linearFew,
];

/** Kernels over f16 weights that tuning can choose from. */
export const halfLinearCards: readonly LinearCard[] = [
  linearQuadPacked,
  linearQuadTallPacked,
  linearSharedPacked,
  linearSharedF16,
];
