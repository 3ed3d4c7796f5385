import { wordsPerToken } from "#data/examples/packing.ts";
import { rowsOf } from "./batch.ts";
import { deltaBound } from "./delta.ts";
import { embeddingCases, lookedUp } from "./embedding.ts";
import { field, floats, param, type Twin, words } from "./twin.ts";

/** x[row] += perturbed embed_positions[position[row] + 2], where that row lies in this shard. */
export const twin: Twin = {
  card: "embed_positions",
  cases: () => embeddingCases(["first_row", "end_row"]),
  run(testCase) {
    const x = floats(testCase, "x").slice();
    const width = param(testCase, "width");
    const first = param(testCase, "first_row");
    const tokens = field(testCase, "batch", "tokens");
    for (let row = 0; row < rowsOf(testCase); row++) {
      const at = words(testCase, "rows")[(row % tokens) * wordsPerToken + 1]! + POSITION_OFFSET;
      if (at < first || at >= param(testCase, "end_row")) continue;
      for (let i = 0; i < width; i++) {
        x[row * width + i]! += lookedUp(testCase, at, first, i, row < tokens ? 0 : 1);
      }
    }
    return { x };
  },
  // One addition more than a weight pass, which a compiler may reorder with the ones before it: two
  // roundings of x, which is below 4.
  bound(testCase) {
    const { absolute, relative } = deltaBound(testCase);
    return { absolute: absolute + 2 ** -22, relative };
  },
};

const POSITION_OFFSET = 2;
