import { constants } from "#gpu/kernels.gen.ts";
import { randomIntegers } from "./random.ts";
import { field, floats, param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

/** End of a round of a radix select: the bin with the wanted rank gives eight more bits. */
export const twin: Twin = {
  card: "threshold_select",
  cases: () => [
    selectCase("the first round selects the upper bits", 24),
    selectCase("a round between", 8),
    selectCase("the last round gives thresholds; a tensor of rank 0 keeps its own", 0),
  ],
  run(testCase) {
    const selected = words(testCase, "selected").slice();
    const counts = words(testCase, "counts").slice();
    const thresholds = floats(testCase, "thresholds").slice();
    const shift = field(testCase, "round", "shift");
    for (let tensor = 0; tensor < param(testCase, "tensors"); tensor++) {
      const bins = counts.subarray(tensor * BINS, (tensor + 1) * BINS);
      const [bits, rank] = selected.subarray(2 * tensor);
      let bin = 0;
      let before = 0;
      while (before + bins[bin]! < rank!) before += bins[bin++]!;
      bins.fill(0);
      if (rank === 0) continue;
      selected.set([bits! + bin * 2 ** shift, rank! - before], 2 * tensor);
      if (shift === 0) thresholds[tensor] = floatOf(bits! + bin);
    }
    return { selected, counts, thresholds };
  },
  bound: () => toTheBit,
};

const { BINS } = constants;

function floatOf(bits: number): number {
  return new Float32Array(new Uint32Array([bits]).buffer)[0]!;
}

function selectCase(name: string, shift: number): TwinCase {
  const tensors = 70;
  const counts = new Uint32Array(randomIntegers(82, (tensors + 1) * BINS, 4));
  const selected = new Uint32Array(2 * (tensors + 1));
  for (let tensor = 0; tensor < tensors; tensor++) {
    const total = counts
      .subarray(tensor * BINS, (tensor + 1) * BINS)
      .reduce((sum, count) => sum + count, 0);
    // The first rank, the last, none, and some between.
    const rank = [1, total, 0, Math.ceil(total / 2), tensor][tensor % 5]!;
    const fixed = shift === 24 ? 0 : Math.floor(0x3d123456 / 2 ** (shift + 8)) * 2 ** (shift + 8);
    selected.set([fixed, rank], 2 * tensor);
  }
  // Magnitudes have no sign bit: the upper half of the bins is empty in the first round.
  if (shift === 24) {
    for (let i = 0; i < counts.length; i++) if (i % BINS >= BINS / 2) counts[i] = 0;
    for (let tensor = 0; tensor < tensors; tensor++) selected[2 * tensor + 1]! %= 60;
  }
  return {
    name,
    overrides: {},
    params: { tensors },
    uniforms: { round: { kind: 0, shift } },
    buffers: { selected, counts, thresholds: new Float32Array(tensors + 1).fill(0.5) },
    workgroups: [Math.ceil(tensors / 64), 1],
  };
}
