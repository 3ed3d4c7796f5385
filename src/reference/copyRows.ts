import { wordsPerToken } from "#data/examples/packing.ts";
import { constants } from "#gpu/kernels.gen.ts";
import { batchUniform, generatedTokens, rowsOf, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

const { COPY_SCORED, COPY_TO_CACHE, COPY_SIGN } = constants;

/** Rows of x, or of y itself, become rows of y. */
export const twin: Twin = {
  card: "copy_rows",
  cases: () => [
    gatherCase("scored positions of both signs, more columns than threads", 67, 2),
    gatherCase("scored positions of an evaluation, one column", 1, 1),
    cacheCase("keys and values of three sequences at odd places", 37),
    cacheCase("keys and values of one column", 1),
    doubleCase("the second sign, more columns than threads", 67),
    doubleCase("the second sign, one column", 1),
    doubleCase("the second sign, and nothing beyond it", 13),
  ],
  run(testCase) {
    const x = floats(testCase, "x");
    const y = floats(testCase, "y").slice();
    const p = (key: string) => param(testCase, key);
    const tokens = field(testCase, "batch", "tokens");
    const copy = (from: Float32Array, fromRow: number, toRow: number, stride: number) => {
      const start = fromRow * stride;
      y.set(from.slice(start, start + p("width")), toRow * p("y_stride"));
    };
    const kind = testCase.overrides["KIND"];
    if (kind === COPY_SCORED) {
      const count = field(testCase, "batch", "scored");
      for (let s = 0; s < rowsOf(testCase, true); s++) {
        const row = words(testCase, "scored")[(s % count) * 2]!;
        copy(x, (s < count ? 0 : tokens) + row, s, p("x_stride"));
      }
      return { y };
    }
    for (let t = 0; t < tokens; t++) {
      const [, position, , , ownStart] = words(testCase, "tokens").subarray(t * wordsPerToken);
      if (kind === COPY_TO_CACHE) copy(x, t, ownStart! + position!, p("x_stride"));
      else copy(y, t, tokens + t, p("y_stride"));
    }
    return { y };
  },
  bound: () => toTheBit,
};

function gatherCase(name: string, width: number, signs: 1 | 2): TwinCase {
  const batch = someBatch(50);
  return {
    name,
    overrides: { KIND: COPY_SCORED },
    params: { width, x_stride: width, y_stride: width },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      tokens: batch.tokenTable,
      scored: batch.scoredTokens,
      x: randomFloats(41, 2 * batch.tokens * width),
      y: new Float32Array(2 * batch.scored * width).fill(5),
    },
    workgroups: [Math.ceil(width / 64), signs * batch.scored],
  };
}

function cacheCase(name: string, width: number): TwinCase {
  const { tokens, count, cacheRows } = generatedTokens();
  return {
    name,
    overrides: { KIND: COPY_TO_CACHE },
    params: { width: 2 * width, x_stride: 3 * width, y_stride: 2 * width },
    uniforms: { batch: batchUniform({ tokens: count, scored: 0, options: 0, examples: 0 }, 1) },
    buffers: {
      tokens,
      scored: new Uint32Array(2),
      x: randomFloats(32, count * 3 * width),
      y: new Float32Array(cacheRows * 2 * width).fill(5),
    },
    workgroups: [Math.ceil((2 * width) / 64), count],
  };
}

function doubleCase(name: string, width: number): TwinCase {
  const batch = someBatch(50);
  return {
    name,
    overrides: { KIND: COPY_SIGN },
    params: { width, x_stride: width, y_stride: width },
    uniforms: { batch: batchUniform(batch, 2) },
    buffers: {
      tokens: batch.tokenTable,
      scored: batch.scoredTokens,
      x: new Float32Array(4),
      y: randomFloats(91, (2 * batch.tokens + 3) * width),
    },
    workgroups: [Math.ceil(width / 64), batch.tokens],
  };
}
