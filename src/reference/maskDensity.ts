import { storages } from "#base/storage.ts";
import { chunkTable, chunkWords, raggedChunks, raggedElements } from "./chunks.ts";
import { randomFloats } from "./random.ts";
import { asHalves, stored, weightsOf } from "./theta.ts";
import { floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

/** Of each tensor: weights at most its threshold, then |theta| in 64 bins of a sixteenth of it. */
export const twin: Twin = {
  card: "mask_density",
  cases: () => [
    // Powers of two divide exactly, so that no weight is near the edge of a bin.
    densityCase("thresholds within the weights", [0.125, 2 ** -5, 0.5]),
    densityCase("a tensor that moves whole and one that does not at all", [largestFloat, -1, 0.25]),
    densityCase("256 threads a chunk", [0.125, 0.25, 0.0625], { WORKGROUP_SIZE: 256 }),
    densityCase("halves", [0.125, 2 ** -5, 0.5], { STORAGE: storages.indexOf("halves") }),
  ],
  run(testCase) {
    const chunks = words(testCase, "chunks");
    const theta = weightsOf(testCase);
    const counts = words(testCase, "counts").slice();
    for (let c = 0; c < testCase.workgroups[0]; c++) {
      const at = (param(testCase, "first_chunk") + c) * chunkWords;
      const [tensor, , count, offset] = chunks.subarray(at);
      const threshold = floats(testCase, "thresholds")[tensor!]!;
      for (let i = 0; i < count!; i++) {
        const size = Math.abs(theta[offset! + i]!);
        if (size <= threshold) counts[tensor! * WORDS]! += 1;
        const bin = Math.max(0, Math.min(Math.floor((size / threshold) * 16), 63));
        counts[tensor! * WORDS + 1 + bin]! += 1;
      }
    }
    return { counts };
  },
  bound: () => toTheBit,
};

const WORDS = 65;
const largestFloat = 3.4028234663852886e38;

function densityCase(
  name: string,
  thresholds: readonly number[],
  overrides: Readonly<Record<string, number>> = {},
): TwinCase {
  const weights = randomFloats(83, raggedElements, 0.1);
  return {
    name,
    overrides,
    params: { first_chunk: 1 },
    uniforms: {},
    buffers: {
      chunks: chunkTable(raggedChunks),
      theta: stored({ overrides }, overrides["STORAGE"] ? asHalves(weights) : weights),
      thresholds: new Float32Array(thresholds),
      counts: new Uint32Array(3 * WORDS).fill(1),
    },
    workgroups: [raggedChunks.length - 1, 1],
  };
}
