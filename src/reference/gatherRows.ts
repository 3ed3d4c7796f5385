import { batchUniform, rowsOf, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

/** y[s] = x[row of scored position s]. */
export const twin: Twin = {
  card: "gather_rows",
  cases: () => [
    gatherCase("both signs, more columns than threads", 67, 2),
    gatherCase("an evaluation of one column", 1, 1),
  ],
  run(testCase) {
    const x = floats(testCase, "x");
    const y = floats(testCase, "y").slice();
    const width = param(testCase, "width");
    const scored = field(testCase, "batch", "scored");
    for (let s = 0; s < rowsOf(testCase, true); s++) {
      const half = s < scored ? 0 : field(testCase, "batch", "tokens");
      const row = half + words(testCase, "scored")[(s % scored) * 2]!;
      y.set(x.subarray(row * width, (row + 1) * width), s * width);
    }
    return { y };
  },
  bound: () => toTheBit,
};

function gatherCase(name: string, width: number, signs: 1 | 2): TwinCase {
  const batch = someBatch(50);
  return {
    name,
    overrides: {},
    params: { width },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      scored: batch.scoredTokens,
      x: randomFloats(41, 2 * batch.tokens * width),
      y: new Float32Array(2 * batch.scored * width).fill(5),
    },
    workgroups: [Math.ceil(width / 64), signs * batch.scored],
  };
}
