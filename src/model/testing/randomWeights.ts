import type { TensorSource } from "#data/formats/tensorSource.ts";
import { randomFloats } from "../../reference/random.ts";
import type { OptConfig } from "../config.ts";
import { parameterTable } from "../parameters.ts";

/** Random values for every parameter, by name, large enough to make a wrong formula visible. */
export function randomWeights(config: OptConfig): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(
    parameterTable(config).map(({ name, role, elements, index }) => {
      const isNormWeight = role === "norm" && name.endsWith(".weight");
      const values = randomFloats(1000 + index, elements, isNormWeight ? 0.3 : 0.15);
      return [name, isNormWeight ? values.map((value) => 1 + value) : values];
    }),
  );
}

/** Those values as tensors of model files, in table order. */
export function tensorsOf(
  config: OptConfig,
  weights: ReadonlyMap<string, Float32Array<ArrayBuffer>>,
): TensorSource[] {
  return parameterTable(config).map(({ name, shape }) => {
    const bytes = new Uint8Array(weights.get(name)!.buffer);
    const read = async (start: number, end: number) => bytes.slice(start, end);
    return { name, dtype: "F32", shape, sizeBytes: bytes.length, read };
  });
}
