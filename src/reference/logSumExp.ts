import { batchUniform, rowsOf, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

/** state[s] = (largest logit, sum of exp(logit - largest), logit of the target), tile by tile. */
export const twin: Twin = {
  card: "log_sum_exp",
  cases: () => [
    tileCase("a vocabulary in one tile", { firstId: 0, width: vocabSize, stride: vocabSize }),
    tileCase("the first tile; the state of targets outside it is kept", {
      firstId: 0,
      width: 30,
      stride: 40,
    }),
    tileCase("a later tile adds to the first", { firstId: 30, width: 40, stride: 40 }),
    tileCase("the last tile is one id wide", { firstId: vocabSize - 1, width: 1, stride: 40 }),
    tileCase("a later tile with far larger logits", {
      firstId: 30,
      width: 40,
      stride: 40,
      deviation: 60,
    }),
    tileCase("one sign, 256 threads", {
      firstId: 0,
      width: 40,
      stride: 40,
      signs: 1,
      overrides: { WORKGROUP_SIZE: 256 },
    }),
  ],
  run(testCase) {
    const logits = floats(testCase, "logits");
    const state = Float64Array.from(floats(testCase, "state"));
    const [firstId, width] = [param(testCase, "first_id"), param(testCase, "width")];
    const scored = field(testCase, "batch", "scored");
    for (let s = 0; s < rowsOf(testCase, true); s++) {
      const start = s * param(testCase, "stride");
      const tile = logits.subarray(start, start + width);
      const [before, sumBefore] = state.subarray(s * 3);
      const begins = param(testCase, "begins") === 1;
      const largest = Math.max(...tile, begins ? Number.NEGATIVE_INFINITY : before!);
      let sum = begins ? 0 : sumBefore! * Math.exp(before! - largest);
      for (const logit of tile) sum += Math.exp(logit - largest);
      state.set([largest, sum], s * 3);
      const id = words(testCase, "scored")[(s % scored) * 2 + 1]!;
      if (id >= firstId && id < firstId + width) state[s * 3 + 2] = tile[id - firstId]!;
    }
    return { state };
  },
  // WGSL allows exp of an argument down to -100 to be off by 100 · 2^-23, relative to the sum; the largest
  // logit and that of the target are copies.
  bound: () => ({ absolute: 1e-6, relative: 1.5e-5 }),
};

const vocabSize = 101;

interface Options {
  readonly firstId: number;
  readonly width: number;
  readonly stride: number;
  readonly deviation?: number;
  readonly signs?: 1 | 2;
  readonly overrides?: Readonly<Record<string, number>>;
}

function tileCase(name: string, options: Options): TwinCase {
  const { firstId, width, stride, deviation = 3, signs = 2 } = options;
  const batch = someBatch(vocabSize);
  const positions = 2 * batch.scored;
  // The state after earlier tiles: (largest, sum, logit of the target).
  const state = Float32Array.from(randomFloats(52, positions * 3), (value, i) => {
    return i % 3 === 1 ? 1 + Math.abs(value) : 3 * value;
  });
  return {
    name,
    overrides: options.overrides ?? {},
    params: { first_id: firstId, width, stride, begins: Number(firstId === 0) },
    uniforms: { batch: batchUniform(batch, signs) },
    buffers: {
      scored: batch.scoredTokens,
      logits: randomFloats(51, positions * stride, deviation),
      state,
    },
    workgroups: [signs * batch.scored, 1],
  };
}
