import { wordsPerToken } from "#data/examples/packing.ts";
import { attended } from "./attention.ts";
import { batchUniform, generatedTokens } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

const steep = "scores of hundreds overflow nothing";

/** out[t, head] = softmax(q k^T / sqrt(D)) v over the cache, from the first row of its slot to its own. */
export const twin: Twin = {
  card: "attention_cached",
  cases: () => [
    attentionCase("three sequences, three heads of 12", { heads: 3, headWidth: 12 }),
    attentionCase("one head of one number", { heads: 1, headWidth: 1 }),
    attentionCase(steep, { heads: 2, headWidth: 20, deviation: 12 }),
    attentionCase("heads of 80 columns, as in opt-2.7b", { heads: 2, headWidth: 80 }),
    attentionCase("32 lanes a workgroup", {
      heads: 5,
      headWidth: 4,
      overrides: { WORKGROUP_SIZE: 32 },
    }),
  ],
  run(testCase) {
    const out = Float64Array.from(floats(testCase, "out"));
    const [width, heads] = [param(testCase, "width"), param(testCase, "heads")];
    const cache = floats(testCase, "cache");
    const kvq = floats(testCase, "kvq");
    for (let t = 0; t < field(testCase, "batch", "tokens"); t++) {
      const [, at, , , first] = words(testCase, "tokens").subarray(t * wordsPerToken);
      const position = at!;
      // The sequence as one kvq: cached keys and values, and at the end the query of the token.
      const whole = new Float32Array((position + 1) * 3 * width);
      for (let i = 0; i <= position; i++) {
        const from = (first! + i) * 2 * width;
        whole.set(cache.subarray(from, from + 2 * width), i * 3 * width);
      }
      const query = (t * 3 + 2) * width;
      whole.set(kvq.subarray(query, query + width), (position * 3 + 2) * width);
      const seen = Array.from({ length: position + 1 }, (_, i) => i);
      out.set(attended(whole, position, seen, width, heads), t * width);
    }
    return { out };
  },
  // As for `attention`.
  bound: ({ name }) => ({ absolute: name === steep ? 1e-3 : 1e-5, relative: 1e-5 }),
};

interface Options {
  readonly heads: number;
  readonly headWidth: number;
  readonly deviation?: number;
  readonly overrides?: Readonly<Record<string, number>>;
}

function attentionCase(name: string, options: Options): TwinCase {
  const { heads, headWidth, deviation = 1 } = options;
  const { tokens, count, cacheRows } = generatedTokens();
  const width = heads * headWidth;
  return {
    name,
    overrides: { HEAD_WIDTH: headWidth, ...options.overrides },
    params: { width, heads },
    uniforms: { batch: batchUniform({ tokens: count, scored: 0, options: 0, examples: 0 }, 1) },
    buffers: {
      tokens,
      kvq: randomFloats(33, count * 3 * width, deviation),
      cache: randomFloats(34, cacheRows * 2 * width, deviation),
      out: new Float32Array(count * width).fill(5),
    },
    workgroups: [heads, count],
  };
}
