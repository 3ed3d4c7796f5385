import { batchUniform } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";
import { someRows } from "./written.ts";

/** cache[own_start + position] = keys and values of the row. */
export const twin: Twin = {
  card: "cache_keys",
  cases: () => [
    cacheCase("three sequences at odd places, more columns than threads", 37),
    cacheCase("one column", 1),
  ],
  run(testCase) {
    const cache = floats(testCase, "cache").slice();
    const kvq = floats(testCase, "kvq");
    const rows = words(testCase, "rows");
    const width = param(testCase, "width");
    for (let row = 0; row < field(testCase, "batch", "tokens"); row++) {
      const to = rows[row * 5 + 4]! + rows[row * 5 + 1]!;
      const from = row * 3 * width;
      cache.set(kvq.subarray(from, from + 2 * width), to * 2 * width);
    }
    return { cache };
  },
  bound: () => toTheBit,
};

function cacheCase(name: string, width: number): TwinCase {
  const { rows, tokens, cacheRows } = someRows();
  return {
    name,
    overrides: {},
    params: { width },
    uniforms: { batch: batchUniform({ tokens, scored: 0, options: 0, examples: 0 }, 1) },
    buffers: {
      rows,
      kvq: randomFloats(32, tokens * 3 * width),
      cache: new Float32Array(cacheRows * 2 * width).fill(5),
    },
    workgroups: [Math.ceil((2 * width) / 64), tokens],
  };
}
