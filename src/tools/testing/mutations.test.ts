import { expect, test } from "vitest";
import { mutate, mutationTargets, outcomeOf } from "./mutationTargets.ts";

test.each(Object.keys(mutationTargets))(
  "every changed %s is accepted or refused with a short message within a second",
  async (name) => {
    const target = mutationTargets[name]?.();
    expect(target).toBeDefined();
    if (!target) return;
    const counts = { accepted: 0, refused: 0, uncaught: 0 };
    for (let index = 0; index < 150; index++) {
      const { kind, isSlow, detail } = await outcomeOf(target.read, mutate(target.seeds, 1, index));
      expect({ index, isSlow, detail }).toEqual({ index, isSlow: false, detail: "" });
      counts[kind]++;
    }
    expect(counts.uncaught).toBe(0);
    expect(counts.refused).toBeGreaterThan(0);
    // GGUF is refused whatever it holds.
    if (name !== "gguf") expect(counts.accepted).toBeGreaterThan(0);
  },
);

const extremes: readonly string[] = [
  "[".repeat(100_000) + "]".repeat(100_000),
  "{".repeat(300_000),
  '"'.repeat(300_000),
  `a,b\n${"x".repeat(9_000_000)}`,
  `{"${"k".repeat(9_000_000)}":1}`,
  `${"\t".repeat(300_000)}\n1`,
  `${",".repeat(300_000)}\n1`,
  "--a ".repeat(25_000),
  "%".repeat(100_000),
];

test.each(Object.keys(mutationTargets))(
  "long and deeply nested text in place of a %s is accepted or refused with a short message",
  async (name) => {
    const target = mutationTargets[name]?.();
    for (const [index, text] of extremes.entries()) {
      const input = new TextEncoder().encode(text);
      const { isSlow, detail } = await outcomeOf((bytes) => target?.read(bytes), input);
      expect({ index, isSlow, detail }).toEqual({ index, isSlow: false, detail: "" });
    }
  },
);

test("an input is named by its seed and number", () => {
  const seeds = [new TextEncoder().encode('{"a": [1, 2, 3], "b": "text"}')];
  expect(mutate(seeds, 1, 7)).toEqual(mutate(seeds, 1, 7));
  const different = new Set(Array.from({ length: 100 }, (_, i) => String(mutate(seeds, 1, i))));
  expect(different.size).toBeGreaterThan(80);
});
