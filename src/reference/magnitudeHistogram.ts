import { storages } from "#base/dtype.ts";
import { constants } from "#gpu/kernels.gen.ts";
import { chunkTable, chunkWords, raggedChunks, raggedElements } from "./chunks.ts";
import { randomFloats } from "./random.ts";
import { asHalves, stored, weightsOf } from "./theta.ts";
import { field, floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

const { BINS, SELECT, MEASURE } = constants;

/**
 * Counts the weights of each tensor in bins: by eight bits of |theta|, of those whose higher bits are
 * selected already; or, to measure a mask, those within the threshold, then all in sixteenths of it.
 */
export const twin: Twin = {
  card: "magnitude_histogram",
  cases: () => [
    selectCase("the first round counts every weight", { shift: 24 }),
    selectCase("a later round counts those with the bits fixed so far", { shift: 16 }),
    selectCase("the last round", { shift: 0 }),
    selectCase("from the second chunk on, 128 threads each", {
      shift: 24,
      first: 1,
      overrides: { WORKGROUP_SIZE: 128 },
    }),
    selectCase("halves", { shift: 16, overrides: { STORAGE: storages.indexOf("halves") } }),
    // Powers of two divide exactly, so that no weight is near the edge of a bin.
    measureCase("thresholds within the weights", [0.125, 2 ** -5, 0.5]),
    measureCase("a tensor that moves whole and one that does not at all", [largestFloat, -1, 0.25]),
    measureCase("256 threads a chunk", [0.125, 0.25, 0.0625], { WORKGROUP_SIZE: 256 }),
    measureCase("halves", [0.125, 2 ** -5, 0.5], { STORAGE: storages.indexOf("halves") }),
  ],
  run(testCase) {
    const chunks = words(testCase, "chunks");
    const theta = weightsOf(testCase);
    const counts = words(testCase, "counts").slice();
    const isSelect = field(testCase, "round", "kind") === SELECT;
    for (let c = 0; c < testCase.workgroups[0]; c++) {
      const at = (param(testCase, "first_chunk") + c) * chunkWords;
      const [tensor, , count, offset] = chunks.subarray(at);
      for (let i = 0; i < count!; i++) {
        const weight = theta[offset! + i]!;
        const bins = isSelect
          ? selectedBins(testCase, tensor!, weight)
          : measuredBins(testCase, tensor!, weight);
        for (const bin of bins) counts[tensor! * BINS + bin]! += 1;
      }
    }
    return { counts };
  },
  bound: () => toTheBit,
};

const largestFloat = 3.4028234663852886e38;

function selectedBins(testCase: TwinCase, tensor: number, weight: number): number[] {
  const shift = field(testCase, "round", "shift");
  const bits = magnitudeBits(weight);
  const upper = 2 ** (shift + 8);
  const selected = words(testCase, "selected")[2 * tensor]!;
  if (Math.floor(bits / upper) !== Math.floor(selected / upper)) return [];
  return [Math.floor(bits / 2 ** shift) % BINS];
}

function measuredBins(testCase: TwinCase, tensor: number, weight: number): number[] {
  const threshold = floats(testCase, "thresholds")[tensor]!;
  const size = Math.abs(weight);
  const bin = 1 + Math.max(0, Math.min(Math.floor((size / threshold) * 16), 63));
  return size <= threshold ? [0, bin] : [bin];
}

/** The bits of |value| as f32; they order as the magnitudes do. */
function magnitudeBits(value: number): number {
  return new Uint32Array(new Float32Array([Math.abs(value)]).buffer)[0]!;
}

interface Options {
  readonly shift: number;
  readonly first?: number;
  readonly overrides?: Readonly<Record<string, number>>;
}

function selectCase(name: string, { shift, first = 0, overrides = {} }: Options): TwinCase {
  const random = randomFloats(81, raggedElements, 0.1);
  const theta = overrides["STORAGE"] ? asHalves(random) : random;
  // What the rounds before would have selected on their way to the magnitude of some weight of each tensor.
  const selected = [20, 300, 691].map((i) => {
    const upper = 2 ** (shift + 8);
    return Math.floor(magnitudeBits(theta[i]!) / upper) * upper;
  });
  return {
    name: `radix select: ${name}`,
    overrides,
    params: { first_chunk: first },
    uniforms: { round: { kind: SELECT, shift } },
    buffers: {
      chunks: chunkTable(raggedChunks),
      theta: stored({ overrides }, theta),
      selected: new Uint32Array(selected.flatMap((bits) => [bits, 9])),
      thresholds: new Float32Array(3),
      counts: new Uint32Array(3 * BINS).fill(2),
    },
    workgroups: [raggedChunks.length - first, 1],
  };
}

function measureCase(
  name: string,
  thresholds: readonly number[],
  overrides: Readonly<Record<string, number>> = {},
): TwinCase {
  const weights = randomFloats(83, raggedElements, 0.1);
  return {
    name: `mask: ${name}`,
    overrides,
    params: { first_chunk: 1 },
    uniforms: { round: { kind: MEASURE, shift: 0 } },
    buffers: {
      chunks: chunkTable(raggedChunks),
      theta: stored({ overrides }, overrides["STORAGE"] ? asHalves(weights) : weights),
      selected: new Uint32Array(6),
      thresholds: new Float32Array(thresholds),
      counts: new Uint32Array(3 * BINS).fill(1),
    },
    workgroups: [raggedChunks.length - 1, 1],
  };
}
