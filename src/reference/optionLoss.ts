import type { Batch } from "#gpu/kernels.gen.ts";
import { batchUniform, someBatch } from "./batch.ts";
import { randomFloats } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

/**
 * Options compete: sum over examples of logsumexp_c(s_c) - s_answer, s_c the mean log-probability of
 * option c's tokens. Per token: the sum of -log p.
 */
export const twin: Twin = {
  card: "option_loss",
  cases: () => [
    lossCase("options compete, both signs", {}),
    lossCase("per token, both signs", { per_token: 1 }),
    lossCase("a later part of a batch adds to the first", { accumulates: 1, probe_register: 3 }),
    lossCase("an evaluation leaves the losses of the minus sign alone", { signs: 1 }),
    lossCase("more options than threads", {}, { WORKGROUP_SIZE: 2 }),
  ],
  run(testCase) {
    const batch = (key: string) => field(testCase, "batch", key);
    const capacity = param(testCase, "option_capacity");
    const state = floats(testCase, "state");
    const sums = Float64Array.from(floats(testCase, "option_sums"));
    const losses = Float64Array.from(floats(testCase, "loss_sums"));
    const options = words(testCase, "options");
    const examples = words(testCase, "examples");
    for (let sign = 0; sign < batch("signs"); sign++) {
      for (let option = 0; option < batch("options"); option++) {
        let sum = 0;
        for (let p = options[2 * option]!; p < options[2 * option + 1]!; p++) {
          const [largest, total, logit] = state.subarray((sign * batch("scored") + p) * 3);
          sum += logit! - largest! - Math.log(total!);
        }
        sums[sign * capacity + option] = sum;
      }
      let loss = 0;
      for (let e = 0; e < batch("examples"); e++) {
        const [first, end, answer] = examples.subarray(3 * e);
        const own = sums.subarray(sign * capacity + first!, sign * capacity + end!);
        const means = Array.from(own, (sum, c) => {
          const [from, to] = options.subarray(2 * (first! + c));
          return sum / (to! - from!);
        });
        loss += batch("per_token") === 1 ? -own[answer!]! : crossEntropy(means, answer!);
      }
      const at = 2 * batch("probe_register") + sign;
      losses[at] = loss + (batch("accumulates") === 1 ? losses[at]! : 0);
    }
    return { option_sums: sums, loss_sums: losses };
  },
  // log of the adapters is off by up to 9e-7 per token, and sums of tens of nats round to tens · 2^-24.
  bound: () => ({ absolute: 1e-5, relative: 1e-6 }),
};

/** logsumexp(scores) - scores[answer] */
export function crossEntropy(scores: readonly number[], answer: number): number {
  const largest = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
  return largest + Math.log(sum) - scores[answer]!;
}

function lossCase(
  name: string,
  batchFields: Partial<Batch>,
  overrides: Readonly<Record<string, number>> = {},
): TwinCase {
  const batch = someBatch(50);
  const capacity = batch.options + 3;
  const state = Float32Array.from(randomFloats(61, 2 * batch.scored * 3), (value, i) => {
    return i % 3 === 1 ? 1 + 10 * Math.abs(value) : 2 * value;
  });
  return {
    name,
    overrides,
    params: { option_capacity: capacity },
    uniforms: { batch: batchUniform(batch, 2, batchFields) },
    buffers: {
      options: batch.optionRanges,
      examples: batch.exampleRanges,
      state,
      option_sums: new Float32Array(2 * capacity).fill(5),
      loss_sums: new Float32Array(8).fill(7),
    },
    workgroups: [1, 1],
  };
}
