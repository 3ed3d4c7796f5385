import { f16ToF32, f32ToF16 } from "#base/halfFloat.ts";
import { type Storage, storages } from "#base/storage.ts";
import { halfNear, roundingDraw } from "#zo/rounding.ts";
import { type Numbers, seedOf, type TwinCase } from "./twin.ts";

/** The weights of a case, as `STORAGE` has them. The twin of `shaders/lib/theta.wgsl` and `rounding.wgsl`. */
export function storageOf({ overrides }: Pick<TwinCase, "overrides">): Storage {
  return storages[overrides["STORAGE"] ?? 0]!;
}

/** All weights of a case as numbers, halves among them; a buffer of their own. */
export function weightsOf(testCase: TwinCase): Float32Array<ArrayBuffer> {
  const theta = testCase.buffers["theta"];
  if (!theta) throw new Error(`The case "${testCase.name}" has no theta.`);
  if (storageOf(testCase) !== "halves") return new Float32Array(theta.buffer.slice(0));
  return f16ToF32(new Uint16Array(theta.buffer));
}

/** Numbers as the case stores them; halves must be given as their values. */
export function stored(
  testCase: Pick<TwinCase, "overrides">,
  weights: Float32Array<ArrayBuffer>,
): Numbers {
  if (storageOf(testCase) !== "halves") return weights;
  return new Uint32Array(f32ToF16(weights).buffer);
}

/** What a weight is at the end of a step: rounded, where halves are stored. */
export function atStepsEnd(
  testCase: TwinCase,
  weight: number,
  step: number,
  tensor: number,
  element: number,
): number {
  if (storageOf(testCase) === "floats") return weight;
  return halfNear(weight, roundingDraw(seedOf(testCase), step, tensor, element));
}

/** Values near those given, all of them halves. */
export function asHalves(values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return f16ToF32(f32ToF16(values));
}
