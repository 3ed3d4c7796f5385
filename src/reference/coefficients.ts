import { wordsOf } from "#gpu/card.ts";
import { constants, Program } from "#gpu/kernels.gen.ts";
import { round16 } from "#zo/rounding.ts";
import { floats, param, type Twin, type TwinCase, words } from "./twin.ts";

const {
  ANCHOR_REGISTER,
  FIRST_COEFFICIENT_WORD,
  FIRST_PROBE_WORD,
  FLAG_NOT_FINITE,
  FLAG_SKIPPED,
  HALTED_REGISTER,
  MEAN_ABS_REGISTER,
  MEAN_ABS_WORD,
  NO_REGISTER,
  RECORD_WORDS,
  SCALED_GRADIENT,
  SCALE_ALONE,
} = constants;

/** The smallest σ that loss differences are divided by, as in the shader. */
const MIN_DEVIATION = 1e-6;

/** L = sum / count; g = (L+ - L-) / 2 epsilon; c = round16(scale · (g[plus] - g[minus])). */
export const twin: Twin = {
  card: "coefficients",
  cases: coefficientCases,
  run(testCase) {
    const sums = floats(testCase, "loss_sums");
    const registers = floats(testCase, "registers").slice();
    const coefficients = floats(testCase, "coefficients").slice();
    const ring = words(testCase, "ring").slice();
    const record = param(testCase, "record") * RECORD_WORDS;
    const probes = param(testCase, "probes");
    let flags = registers[HALTED_REGISTER] === 1 ? FLAG_SKIPPED : 0;
    for (let p = 0; p < probes; p++) {
      const plus = Math.fround(sums[2 * p]! / param(testCase, "count"));
      const minus = Math.fround(sums[2 * p + 1]! / param(testCase, "count"));
      const g = Math.fround(
        Math.fround(plus - minus) / Math.fround(2 * Math.fround(param(testCase, "epsilon"))),
      );
      ring.set(bitsOf([plus, minus, g]), record + FIRST_PROBE_WORD + 3 * p);
      if (![plus, minus, g].every(Number.isFinite)) flags |= FLAG_NOT_FINITE;
      registers[p] = g;
    }
    if (flags === 0) {
      if (param(testCase, "is_one_sided") === 1) normalizeOneSided(testCase, registers, ring);
      else
        for (let p = 0; p < probes; p++) registers[p] = clipped(testCase, registers, registers[p]!);
      if (param(testCase, "keeps_anchor") === 1) registers[ANCHOR_REGISTER] = registers[0]!;
    } else {
      registers[HALTED_REGISTER] = 1;
    }
    const programs = words(testCase, "programs");
    for (let i = 0; i < param(testCase, "programs"); i++) {
      const [bits, plus, minus, slot, kind] = programs.subarray(i * wordsOf(Program));
      const scale = floatOf(bits!);
      let c = scale;
      if (kind === SCALED_GRADIENT) {
        let g = registers[plus!]!;
        if (minus !== NO_REGISTER) g = Math.fround(g - registers[minus!]!);
        c = round16(Math.fround(scale * g));
      }
      if (flags !== 0) c = 0;
      coefficients[slot!] = c;
      ring.set(bitsOf([c]), record + FIRST_COEFFICIENT_WORD + i);
    }
    const head = [param(testCase, "step"), flags, probes, param(testCase, "programs")];
    ring.set(head, record);
    ring.set(bitsOf([registers[MEAN_ABS_REGISTER]!]), record + MEAN_ABS_WORD);
    return { registers, coefficients, ring };
  },
  // WGSL allows division to be off by 2.5 ulp. If that crosses an edge of round16, the coefficient changes
  // in the last of its 16 bits. The running mean is far more accurate.
  bound: () => ({ absolute: 0, relative: 2 ** -15 }),
};

function clipped(testCase: TwinCase, registers: Float32Array, g: number): number {
  const clip = Math.fround(param(testCase, "clip"));
  const mean = registers[MEAN_ABS_REGISTER]!;
  registers[MEAN_ABS_REGISTER] = mean === 0 ? Math.abs(g) : 0.9 * mean + 0.1 * Math.abs(g);
  if (clip <= 0 || mean === 0) return g;
  return Math.fround(Math.min(Math.max(g, -clip * mean), clip * mean));
}

/** g_i = (L_i - L_0) / σ of the directions; σ / ε is what the record has for every probe. */
function normalizeOneSided(testCase: TwinCase, registers: Float32Array, ring: Uint32Array): void {
  const losses = [...floats(testCase, "loss_sums")].map((sum) => sum / param(testCase, "count"));
  const probes = param(testCase, "probes");
  const n = 2 * probes - 1;
  const differences = losses.slice(0, n).map((loss) => loss - losses[n]!);
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  const sigma = Math.max(Math.sqrt(squares / (n - 1)), MIN_DEVIATION);
  differences.forEach((difference, i) => {
    registers[i] = difference / sigma;
  });
  const record = param(testCase, "record") * RECORD_WORDS;
  const slope = bitsOf([sigma / param(testCase, "epsilon")]);
  for (let p = 0; p < probes; p++) ring.set(slope, record + FIRST_PROBE_WORD + 3 * p + 2);
}

function bitsOf(values: readonly number[]): Uint32Array {
  return new Uint32Array(new Float32Array(values).buffer);
}

function floatOf(bits: number): number {
  return new Float32Array(new Uint32Array([bits]).buffer)[0]!;
}

interface ProgramFields {
  readonly scale: number;
  readonly plus: number;
  readonly minus?: number;
  readonly slot: number;
  readonly isScale?: boolean;
}

interface Options {
  readonly sums?: readonly number[];
  readonly programs?: readonly ProgramFields[];
  readonly registers?: Readonly<Record<number, number>>;
  readonly params?: Readonly<Record<string, number>>;
}

const sgd: readonly ProgramFields[] = [{ scale: -0.00123, plus: 0, slot: 5 }];

function coefficientCases(): TwinCase[] {
  const anchorStep: readonly ProgramFields[] = [
    { scale: -0.01, plus: 0, minus: 1, slot: 2 },
    { scale: -0.01, plus: ANCHOR_REGISTER, slot: 3 },
  ];
  return [
    coefficientCase("one probe", {}),
    coefficientCase("three probes averaged, and weight decay", {
      sums: [5.5, 5.25, 4.75, 5, 6.125, 6],
      programs: [
        { scale: 1e-4, plus: NO_REGISTER, slot: 0, isScale: true },
        ...[0, 1, 2].map((plus) => ({ scale: -1e-3 / 3, plus, slot: 1 + plus })),
      ],
    }),
    coefficientCase("a difference of two probes, and the anchor of an earlier step", {
      sums: [5.5, 5.25, 4.75, 5],
      programs: anchorStep,
      registers: { [ANCHOR_REGISTER]: 12.5 },
    }),
    coefficientCase("an anchor is kept", { params: { keeps_anchor: 1 } }),
    coefficientCase("a NaN loss halts", { sums: [Number.NaN, 5.25] }),
    coefficientCase("an infinite loss halts and the anchor stays", {
      sums: [5.5, Number.POSITIVE_INFINITY],
      params: { keeps_anchor: 1 },
      registers: { [ANCHOR_REGISTER]: 3 },
    }),
    coefficientCase("an overflowing gradient halts", { sums: [3e38, -3e38] }),
    coefficientCase("a halted run stays halted", { registers: { [HALTED_REGISTER]: 1 } }),
    coefficientCase("the first gradient sets the mean and is not clipped", { params: { clip: 2 } }),
    coefficientCase("a large gradient is clipped", {
      params: { clip: 2 },
      registers: { [MEAN_ABS_REGISTER]: 1.5 },
    }),
    coefficientCase("a large negative gradient is clipped", {
      sums: [5.25, 5.5],
      params: { clip: 2 },
      registers: { [MEAN_ABS_REGISTER]: 1.5 },
    }),
    coefficientCase("seven one-sided directions", {
      sums: [5.5, 5.25, 4.75, 5, 6.125, 6, 5.75, 5.375],
      programs: [0, 1, 2, 3, 4, 5, 6].map((plus) => ({ scale: -1e-3 / 7, plus, slot: plus })),
      params: { is_one_sided: 1 },
    }),
    coefficientCase("one-sided losses that are all the same", {
      sums: [5.5, 5.5, 5.5, 5.5],
      programs: [0, 1, 2].map((plus) => ({ scale: -1e-3 / 3, plus, slot: plus })),
      params: { is_one_sided: 1 },
    }),
    coefficientCase("a small gradient is left alone", {
      params: { clip: 2 },
      registers: { [MEAN_ABS_REGISTER]: 1500 },
    }),
  ];
}

function coefficientCase(name: string, options: Options): TwinCase {
  const { sums = [5.5, 5.25], programs = sgd } = options;
  const registers = new Float32Array(32);
  for (const [i, value] of Object.entries(options.registers ?? {})) registers[Number(i)] = value;
  return {
    name,
    overrides: {},
    params: {
      step: 41,
      probes: sums.length / 2,
      programs: programs.length,
      record: 1,
      keeps_anchor: 0,
      count: 3,
      epsilon: round16(1e-3),
      clip: 0,
      is_one_sided: 0,
      ...options.params,
    },
    uniforms: {},
    buffers: {
      programs: new Uint32Array(
        programs.flatMap(({ scale, plus, minus = NO_REGISTER, slot, isScale = false }) => {
          return [bitsOf([scale])[0]!, plus, minus, slot, isScale ? SCALE_ALONE : SCALED_GRADIENT];
        }),
      ),
      loss_sums: new Float32Array(sums),
      registers,
      coefficients: new Float32Array(8).fill(9),
      ring: new Uint32Array(3 * RECORD_WORDS).fill(0xabcd),
    },
    workgroups: [1, 1],
  };
}
