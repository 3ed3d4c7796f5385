import { attendedTokens, batchUniform, rowsOf, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

const steep = "scores of hundreds overflow nothing";

/** out[t, head] = softmax(q k^T / sqrt(D)) v over the tokens that t attends to. */
export const twin: Twin = {
  card: "attention",
  cases: () => [
    attentionCase("both signs, shared prompts, three heads of 12", { heads: 3, headWidth: 12 }),
    attentionCase("an evaluation with one head of one number", {
      heads: 1,
      headWidth: 1,
      signs: 1,
    }),
    attentionCase(steep, {
      heads: 2,
      headWidth: 20,
      deviation: 12,
    }),
    attentionCase("heads of 80 columns, as in opt-2.7b", { heads: 2, headWidth: 80 }),
    attentionCase("4 threads a workgroup", {
      heads: 5,
      headWidth: 4,
      overrides: { WORKGROUP_SIZE: 4 },
    }),
  ],
  run(testCase) {
    const out = Float64Array.from(floats(testCase, "out"));
    const kvq = floats(testCase, "kvq");
    const [width, heads] = [param(testCase, "width"), param(testCase, "heads")];
    const tokens = field(testCase, "batch", "tokens");
    for (let t = 0; t < rowsOf(testCase); t++) {
      const base = t < tokens ? 0 : tokens;
      const seen = attendedTokens(words(testCase, "tokens"), t - base).map((i) => base + i);
      out.set(attended(kvq, t, seen, width, heads), t * width);
    }
    return { out };
  },
  // exp of the adapters is off by up to 7e-7. A score in the hundreds brings an error of hundreds · 2^-24,
  // and the values it weights are in the tens.
  bound: ({ name }) => ({ absolute: name === steep ? 1e-3 : 1e-5, relative: 1e-5 }),
};

/** Attention of one token over those in `seen`: [width]. kvq: [rows, 3 width], keys, values, queries. */
export function attended(
  kvq: ArrayLike<number>,
  token: number,
  seen: readonly number[],
  width: number,
  heads: number,
): Float64Array {
  const out = new Float64Array(width);
  const D = width / heads;
  for (let head = 0; head < heads; head++) {
    const k = (i: number, d: number) => kvq[3 * width * i + head * D + d]!;
    const v = (i: number, d: number) => kvq[3 * width * i + width + head * D + d]!;
    const q = (i: number, d: number) => kvq[3 * width * i + 2 * width + head * D + d]!;
    const scores = seen.map((i) => {
      let score = 0;
      for (let d = 0; d < D; d++) score += q(token, d) * k(i, d);
      return score / Math.sqrt(D);
    });
    const largest = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
    seen.forEach((i, s) => {
      const weight = Math.exp(scores[s]! - largest) / sum;
      for (let d = 0; d < D; d++) out[head * D + d]! += weight * v(i, d);
    });
  }
  return out;
}

interface Options {
  readonly heads: number;
  readonly headWidth: number;
  readonly signs?: 1 | 2;
  readonly deviation?: number;
  readonly overrides?: Readonly<Record<string, number>>;
}

function attentionCase(name: string, options: Options): TwinCase {
  const { heads, headWidth, signs = 2, deviation = 1 } = options;
  const batch = someBatch(50);
  const width = heads * headWidth;
  const size = options.overrides?.["WORKGROUP_SIZE"] ?? 8;
  return {
    name,
    overrides: { HEAD_WIDTH: headWidth, ...options.overrides },
    params: { width, heads },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      tokens: batch.tokenTable,
      kvq: randomFloats(31, 2 * batch.tokens * 3 * width, deviation),
      out: new Float32Array(2 * batch.tokens * width).fill(5),
    },
    workgroups: [Math.ceil((signs * Math.ceil(batch.tokens / 4) * heads) / size), 1],
  };
}
