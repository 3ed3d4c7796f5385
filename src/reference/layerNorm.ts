import { batchUniform, rowsOf, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase } from "./twin.ts";

const farFromZero = "rows far from zero";

/** y[row] = (x[row] - mean) / sqrt(variance + 1e-5) · weight + bias. */
export const twin: Twin = {
  card: "layer_norm",
  cases: () => [
    layerNormCase("one column, which is its own mean", { width: 1 }),
    layerNormCase("fewer columns than threads", { width: 7 }),
    layerNormCase("a width that no power of two divides", { width: 77 }),
    layerNormCase(farFromZero, { width: 100, shift: 50 }),
    layerNormCase("constant rows: the 1e-5 keeps them finite", { width: 20, deviation: 0 }),
    layerNormCase("scored positions only", { width: 36, overScored: true }),
    layerNormCase("one sign, a grid of several rows of workgroups", {
      width: 33,
      signs: 1,
      workgroups: [5, 6],
    }),
    layerNormCase("64 threads a row", { width: 200, overrides: { WORKGROUP_SIZE: 64 } }),
  ],
  run(testCase) {
    const x = floats(testCase, "x");
    const y = Float64Array.from(floats(testCase, "y"));
    const width = param(testCase, "width");
    const rows = rowsOf(testCase, param(testCase, "over_scored") === 1);
    const rowsOfPlus = rows / field(testCase, "batch", "signs");
    for (let row = 0; row < rows; row++) {
      const values = x.subarray(row * width, (row + 1) * width);
      const sign = row < rowsOfPlus ? 0 : 1;
      const vectors = floats(testCase, "vectors").subarray(
        sign * param(testCase, "vectors_stride"),
      );
      const weight = vectors.subarray(param(testCase, "weight_offset"));
      const bias = vectors.subarray(param(testCase, "bias_offset"));
      y.set(layerNormed(values, weight, bias), row * width);
    }
    return { y };
  },
  // A mean near 50 is off by a few times 50 · 2^-24, and so is x minus the mean; weights scale that up to 4
  // times. Near zero, only the sums of up to 200 squares and the root round.
  bound: ({ name }) => {
    return { absolute: name === farFromZero ? 5e-5 : 5e-6, relative: 1e-5 };
  },
};

/** Layer norm of one row. */
export function layerNormed(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  let mean = 0;
  for (let i = 0; i < x.length; i++) mean += x[i]! / x.length;
  let variance = 0;
  for (let i = 0; i < x.length; i++) variance += (x[i]! - mean) ** 2 / x.length;
  const scale = 1 / Math.sqrt(variance + EPSILON);
  return Float64Array.from(x, (value, i) => (value - mean) * scale * weight[i]! + bias[i]!);
}

/** The default of nn.LayerNorm, which transformers' OPT uses. */
const EPSILON = 1e-5;

interface Options {
  readonly width: number;
  readonly shift?: number;
  readonly deviation?: number;
  readonly overScored?: boolean;
  readonly signs?: 1 | 2;
  readonly workgroups?: readonly [number, number];
  readonly overrides?: Readonly<Record<string, number>>;
}

function layerNormCase(name: string, options: Options): TwinCase {
  const { width, shift = 0, deviation = 1, overScored = false, signs = 2 } = options;
  const batch = someBatch(50);
  const rows = signs * (overScored ? batch.scored : batch.tokens);
  const elements = 2 * batch.tokens * width;
  return {
    name,
    overrides: options.overrides ?? {},
    params: {
      width,
      weight_offset: 3,
      bias_offset: 3 + width,
      vectors_stride: 5 + 2 * width,
      over_scored: Number(overScored),
    },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      vectors: randomFloats(1, 2 * (5 + 2 * width)),
      x: randomFloats(3, elements, deviation).map((value) => value + shift),
      y: new Float32Array(elements).fill(5),
    },
    workgroups: options.workgroups ?? [rows, 1],
  };
}
