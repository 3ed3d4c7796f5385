import { f16ToF32 } from "#base/halfFloat.ts";
import { halfLinearCards, type LinearCard, linearCards } from "#model/linearKernels.ts";
import { batchUniform, rowsOf } from "./batch.ts";
import { randomFloats, randomHalves } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

/** Every kernel for matrix products, over f32 or f16 weights. */
export const twins: readonly Twin[] = [...linearCards, ...halfLinearCards].map(linearTwin);

/** y[m, n] = sum over k of x[m, k] · w[n, k], then bias, ReLU, or addition to what y held. */
function linearTwin(card: LinearCard): Twin {
  return {
    card: card.name,
    cases: () => {
      const isMultiple = (n: number) => n % card.innerMultiple === 0;
      const fitting = shapes.filter(({ K, wOffset = 0 }) => isMultiple(K) && isMultiple(wOffset));
      return fitting.map((shape) => linearCase(shape, card));
    },
    run(testCase) {
      const y = Float64Array.from(floats(testCase, "y"));
      forEachElement(testCase, (at, terms, bias) => {
        let value = terms.reduce((sum, term) => sum + term, 0) + bias;
        if (param(testCase, "relu") === 1) value = Math.max(value, 0);
        y[at] = value + (param(testCase, "accumulates") === 1 ? y[at]! : 0);
      });
      return { y };
    },
    // A sum of K products, in any order and with any fusing, is off by at most (K + 2) · 2^-24 of the sum
    // of their magnitudes. The largest element of the case is used for all.
    bound(testCase) {
      let largest = 0;
      forEachElement(testCase, (_, terms, bias) => {
        const size = terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(bias));
        largest = Math.max(largest, size);
      });
      return { absolute: (param(testCase, "inner") + 2) * 2 ** -24 * (largest + 4), relative: 0 };
    },
  };
}

function forEachElement(
  testCase: TwinCase,
  visit: (at: number, terms: readonly number[], bias: number) => void,
): void {
  const p = (key: string) => param(testCase, key);
  const [K, N] = [p("inner"), p("outer")];
  const [x, w, vectors] = [floats(testCase, "x"), weightsOf(testCase), floats(testCase, "vectors")];
  const all = rowsOf(testCase, p("over_scored") === 1);
  const perSign = p("per_sign") === 1 ? all / field(testCase, "batch", "signs") : all;
  for (let m = 0; m < all; m++) {
    const sign = Math.floor(m / perSign);
    for (let n = 0; n < N; n++) {
      const row = p("w_offset") + sign * p("w_stride") + n * K;
      const terms = Array.from({ length: K }, (_, k) => x[m * K + k]! * w[row + k]!);
      const biasAt = p("bias_offset") + sign * p("vectors_stride") + n;
      const bias = p("has_bias") === 1 ? vectors[biasAt]! : 0;
      visit(m * p("y_stride") + p("y_column") + n, terms, bias);
    }
  }
}

/** Weights of a case as f32. */
function weightsOf(testCase: TwinCase): Float32Array {
  const isPacked = testCase.buffers["w"] instanceof Uint32Array;
  return isPacked ? f16ToF32(new Uint16Array(words(testCase, "w").buffer)) : floats(testCase, "w");
}

interface Shape {
  readonly name: string;
  readonly tokens: number;
  readonly K: number;
  readonly N: number;
  /** Each sign has its own weights and vectors. */
  readonly perSign?: boolean;
  readonly signs?: 1 | 2;
  readonly hasBias?: boolean;
  readonly relu?: boolean;
  readonly accumulates?: boolean;
  readonly scored?: number;
  readonly wOffset?: number;
  readonly yStride?: number;
  readonly yColumn?: number;
}

const shapes: readonly Shape[] = [
  { name: "one row, one column, one product", tokens: 1, K: 1, N: 1, signs: 1 },
  { name: "one row, as an evaluation of one token", tokens: 1, K: 64, N: 130, signs: 1 },
  { name: "one column", tokens: 19, K: 36, N: 1 },
  { name: "K no multiple of 4", tokens: 19, K: 35, N: 70, perSign: true },
  { name: "K below 4", tokens: 9, K: 3, N: 65, perSign: true },
  { name: "K even, no multiple of 4", tokens: 19, K: 38, N: 70, perSign: true },
  { name: "more than a tile of the largest each way", tokens: 131, K: 52, N: 133 },
  { name: "K beyond what a workgroup sweeps at once", tokens: 5, K: 324, N: 9 },
  {
    name: "each sign with its own weights and biases",
    tokens: 13,
    K: 40,
    N: 67,
    perSign: true,
    hasBias: true,
  },
  {
    name: "each sign with its weights, more than a tile of each",
    tokens: 130,
    K: 16,
    N: 66,
    perSign: true,
    relu: true,
  },
  { name: "both signs share their weights", tokens: 35, K: 20, N: 66, hasBias: true },
  {
    name: "bias, ReLU and the stream at once",
    tokens: 70,
    K: 50,
    N: 36,
    perSign: true,
    hasBias: true,
    relu: true,
    accumulates: true,
  },
  {
    name: "added to the residual stream",
    tokens: 13,
    K: 33,
    N: 36,
    perSign: true,
    hasBias: true,
    accumulates: true,
  },
  {
    name: "a shard: its own columns of y, from an offset in w",
    tokens: 13,
    K: 36,
    N: 29,
    hasBias: true,
    wOffset: 72,
    yStride: 50,
    yColumn: 17,
  },
  {
    name: "a shard of each sign: its own columns of y",
    tokens: 13,
    K: 36,
    N: 29,
    perSign: true,
    hasBias: true,
    wOffset: 72,
    yStride: 50,
    yColumn: 17,
  },
  {
    name: "the scored positions, sign by sign",
    tokens: 13,
    scored: 5,
    K: 36,
    N: 100,
    perSign: true,
  },
  { name: "the scored positions", tokens: 13, scored: 9, K: 36, N: 100 },
];

function linearCase(shape: Shape, { tileRows, tileColumns, weights }: LinearCard): TwinCase {
  const { name, tokens, K, N, perSign = false, signs = 2, scored, wOffset = 0 } = shape;
  const yStride = shape.yStride ?? N;
  const rows = scored ?? tokens;
  const batch = { tokens, scored: scored ?? 1, options: 1, examples: 1 };
  // A gap between the weights of the two signs, as in scratch.
  const wStride = perSign ? wOffset + N * K + 12 : 0;
  const vectorsStride = perSign ? 5 + N + 3 : 0;
  const weightCount = wStride + wOffset + N * K;
  return {
    name,
    overrides: {},
    params: {
      inner: K,
      outer: N,
      w_offset: wOffset,
      w_stride: wStride,
      bias_offset: 5,
      vectors_stride: vectorsStride,
      per_sign: Number(perSign),
      y_stride: yStride,
      has_bias: Number(shape.hasBias ?? false),
      relu: Number(shape.relu ?? false),
      accumulates: Number(shape.accumulates ?? false),
      over_scored: Number(scored !== undefined),
      y_column: shape.yColumn ?? 0,
    },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      x: randomFloats(71, 2 * rows * K),
      w: weights === "f16" ? randomHalves(72, weightCount) : randomFloats(72, weightCount, 0.5),
      vectors: randomFloats(73, vectorsStride + 5 + N),
      y: randomFloats(74, 2 * rows * yStride),
    },
    workgroups: [
      Math.ceil(N / tileColumns),
      Math.ceil((perSign ? rows : signs * rows) / tileRows),
      perSign ? signs : 1,
    ],
  };
}
