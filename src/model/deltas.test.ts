import { expect, test } from "vitest";
import { methodOf, resolveSettings } from "#zo/resolveSettings.ts";
import { randomFloats } from "../reference/random.ts";
import { encodePrograms } from "./deltas.ts";

/** The coefficient of weight decay in a program. */
function decayed(decay: number): number {
  const settings = resolveSettings({ method: "mezo" });
  const rates = { learningRate: 1e-6, scheduleFactor: 1, annealing: 1 };
  const context = { step: 0, seed: 0, numBlocks: 2, ...rates };
  const programs = encodePrograms(methodOf(settings).plan(settings, context), decay, 0);
  return new Float32Array(programs.buffer)[0]!;
}

test.each([1e-7, 3.3e-6, 1e-5 / 3, 0.07, 0.1])(
  "a weight that decays by %s has the same bits whether a driver fuses or not",
  (decay) => {
    const c = decayed(decay);
    expect(Math.abs(c - decay)).toBeLessThanOrEqual(2 ** -25);
    for (const w of randomFloats(3, 10_000, 0.1)) {
      // Both products are exact in doubles, so each is rounded once, to f32.
      expect(Math.fround(w * Math.fround(1 - c))).toBe(Math.fround(w - c * w));
    }
  },
);

test("a decay too small for any f32 to follow is none", () => {
  expect(decayed(2 ** -26)).toBe(0);
});
