import { storages } from "#base/storage.ts";
import { chunkTable, chunkWords, raggedChunks, raggedElements } from "./chunks.ts";
import { randomFloats } from "./random.ts";
import { asHalves, stored, weightsOf } from "./theta.ts";
import { field, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

/**
 * One round of a radix select: of the weights whose size has the upper bits fixed so far, how many have
 * each value of the next eight.
 */
export const twin: Twin = {
  card: "threshold_count",
  cases: () => [
    countCase("the first round counts every weight", { shift: 24 }),
    countCase("a later round counts those with the bits fixed so far", { shift: 16 }),
    countCase("the last round", { shift: 0 }),
    countCase("from the second chunk on, 128 threads each", {
      shift: 24,
      first: 1,
      overrides: { WORKGROUP_SIZE: 128 },
    }),
    countCase("halves", { shift: 16, overrides: { STORAGE: storages.indexOf("halves") } }),
  ],
  run(testCase) {
    const chunks = words(testCase, "chunks");
    const theta = weightsOf(testCase);
    const selected = words(testCase, "selected");
    const counts = words(testCase, "counts").slice();
    const shift = field(testCase, "round", "shift");
    for (let c = 0; c < testCase.workgroups[0]; c++) {
      const at = (param(testCase, "first_chunk") + c) * chunkWords;
      const [tensor, , count, offset] = chunks.subarray(at);
      for (let i = 0; i < count!; i++) {
        const bits = sizeBits(theta[offset! + i]!);
        const upper = 2 ** (shift + 8);
        const isFixed = Math.floor(bits / upper) === Math.floor(selected[2 * tensor!]! / upper);
        const bin = Math.floor(bits / 2 ** shift) % BINS;
        if (isFixed) counts[tensor! * BINS + bin]! += 1;
      }
    }
    return { counts };
  },
  bound: () => toTheBit,
};

const BINS = 256;

/** The bits of |value| as f32; they order as the sizes do. */
export function sizeBits(value: number): number {
  return new Uint32Array(new Float32Array([Math.abs(value)]).buffer)[0]!;
}

interface Options {
  readonly shift: number;
  readonly first?: number;
  readonly overrides?: Readonly<Record<string, number>>;
}

function countCase(name: string, { shift, first = 0, overrides = {} }: Options): TwinCase {
  const random = randomFloats(81, raggedElements, 0.1);
  const theta = overrides["STORAGE"] ? asHalves(random) : random;
  // What the rounds before would have fixed on their way to the size of some weight of each tensor.
  const fixed = [20, 300, 691].map((i) => {
    const upper = 2 ** (shift + 8);
    return Math.floor(sizeBits(theta[i]!) / upper) * upper;
  });
  return {
    name,
    overrides,
    params: { first_chunk: first },
    uniforms: { round: { shift } },
    buffers: {
      chunks: chunkTable(raggedChunks),
      theta: stored({ overrides }, theta),
      selected: new Uint32Array(fixed.flatMap((bits) => [bits, 9])),
      counts: new Uint32Array(3 * BINS).fill(2),
    },
    workgroups: [raggedChunks.length - first, 1],
  };
}
