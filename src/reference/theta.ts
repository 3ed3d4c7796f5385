import { type Storage, storages } from "#base/dtype.ts";
import { f16ToF32, f32ToF16 } from "#base/halfFloat.ts";
import { roundingDraw, roundToF16 } from "#zo/rounding.ts";
import { type Numbers, seedOf, type TwinCase } from "./twin.ts";

/** How a case stores weights. Twin of `shaders/lib/theta.wgsl` and `rounding.wgsl`. */
export function storageOf({ overrides }: Pick<TwinCase, "overrides">): Storage {
  return storages[overrides["STORAGE"] ?? 0]!;
}

/** A copy of all weights of a case as f32. */
export function weightsOf(testCase: TwinCase): Float32Array<ArrayBuffer> {
  const theta = testCase.buffers["theta"];
  if (!theta) throw new Error(`The case "${testCase.name}" has no theta.`);
  if (storageOf(testCase) !== "halves") return new Float32Array(theta.buffer.slice(0));
  return f16ToF32(new Uint16Array(theta.buffer));
}

/** Weights in the storage of a case. For halves they must have values of halves. */
export function stored(
  testCase: Pick<TwinCase, "overrides">,
  weights: Float32Array<ArrayBuffer>,
): Numbers {
  if (storageOf(testCase) !== "halves") return weights;
  return new Uint32Array(f32ToF16(weights).buffer);
}

/** A weight at the end of a step: rounded if halves are stored. */
export function atStepsEnd(
  testCase: TwinCase,
  weight: number,
  step: number,
  tensor: number,
  element: number,
): number {
  if (storageOf(testCase) === "floats") return weight;
  return roundToF16(weight, roundingDraw(seedOf(testCase), step, tensor, element));
}

/** The nearest values of halves. */
export function asHalves(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return f16ToF32(f32ToF16(values));
}
