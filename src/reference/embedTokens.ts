import { wordsPerToken } from "#data/examples/packing.ts";
import { rowsOf } from "./batch.ts";
import { deltaBound } from "./delta.ts";
import { embeddingCases, lookedUp } from "./embedding.ts";
import { field, floats, param, type Twin, words } from "./twin.ts";

/** x[row] = perturbed embed_tokens[id[row]], for the ids in this shard. */
export const twin: Twin = {
  card: "embed_tokens",
  cases: () => embeddingCases(["first_id", "end_id"]),
  run(testCase) {
    const x = floats(testCase, "x").slice();
    const width = param(testCase, "width");
    const first = param(testCase, "first_id");
    const tokens = field(testCase, "batch", "tokens");
    for (let row = 0; row < rowsOf(testCase); row++) {
      const id = words(testCase, "rows")[(row % tokens) * wordsPerToken]!;
      if (id < first || id >= param(testCase, "end_id")) continue;
      for (let i = 0; i < width; i++) {
        x[row * width + i] = lookedUp(testCase, id, first, i, row < tokens ? 0 : 1);
      }
    }
    return { x };
  },
  bound: deltaBound,
};
