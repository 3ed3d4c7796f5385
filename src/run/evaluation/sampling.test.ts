import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { candidates, nextToken } from "./sampling.ts";

interface Case {
  readonly logits: readonly number[];
  readonly temperature: number;
  readonly top_k: number;
  readonly top_p: number;
  readonly probabilities: readonly number[];
}

// Written by src/tools/generations.py with transformers' own warpers.
const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/warpers.expected.json", import.meta.url), "utf8"),
);

test.each(cases.map((each, i) => [i, each] as const))(
  "temperature, top-k and top-p leave what transformers' warpers leave, case %i",
  (_, { logits, temperature, top_k: topK, top_p: topP, probabilities }) => {
    const sampling = { kind: "sampled", temperature, topK, topP } as const;
    const left = candidates(new Float32Array(logits), sampling);
    const kept = probabilities.flatMap((p, id) => (p > 0 ? [id] : []));
    expect(left.map(({ id }) => id)).toEqual(kept);
    for (const { id, probability } of left) {
      expect(probability).toBeCloseTo(probabilities[id]!, 10);
    }
  },
);

test("greedy takes the most probable token, the lowest id in a tie", () => {
  const logits = new Float32Array([-3, 2, 0, 2, -1]);
  expect(nextToken(logits, { kind: "greedy" }, 0, 0)).toBe(1);
});

test("tokens are sampled as often as they are probable", () => {
  const { logits, probabilities } = cases.find(
    (each) => each.top_k === 5 && each.logits.length === 60,
  )!;
  const sampling = { kind: "sampled", temperature: 1, topK: 5, topP: 1 } as const;
  const draws = 4000;
  const counts = new Map<number, number>();
  for (let place = 0; place < draws; place++) {
    const id = nextToken(new Float32Array(logits), sampling, 11, place);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  for (const [id, probability] of probabilities.entries()) {
    // Four standard deviations of a binomial: the draws are fixed by the seed, so this cannot flicker.
    const bound = 4 * Math.sqrt((probability * (1 - probability)) / draws);
    expect(Math.abs((counts.get(id) ?? 0) / draws - probability)).toBeLessThanOrEqual(bound);
  }
});

test("the same seed and place give the same token, another seed another sequence", () => {
  const logits = new Float32Array(50);
  const sampling = { kind: "sampled", temperature: 1, topK: 0, topP: 1 } as const;
  const drawn = (seed: number) =>
    Array.from({ length: 20 }, (_, place) => nextToken(logits, sampling, seed, place));
  expect(drawn(3)).toEqual(drawn(3));
  expect(drawn(3)).not.toEqual(drawn(4));
});
