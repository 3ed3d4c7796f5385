import { type Storage, storages } from "#base/dtype.ts";
import { wordsPerToken } from "#data/examples/packing.ts";
import { constants, type PassState } from "#gpu/kernels.gen.ts";
import { noiseKinds } from "#zo/noise.ts";
import { round16 } from "#zo/rounding.ts";
import { batchUniform, rowsOf, someBatch } from "./batch.ts";
import {
  applyTerms,
  deltaBound,
  openState,
  perturbed,
  type TermOptions,
  termList,
  type WeightId,
} from "./delta.ts";
import { randomFloats } from "./random.ts";
import { asHalves, stored, weightsOf } from "./theta.ts";
import { field, floats, param, type Twin, type TwinCase, words } from "./twin.ts";

/** x[t] = or += perturbed table[row of t], for the rows in this shard. */
export const twin: Twin = {
  card: "embed",
  cases: () => [...casesOf("token ids"), ...casesOf("positions")],
  run(testCase) {
    const x = floats(testCase, "x").slice();
    const [width, first] = [param(testCase, "width"), param(testCase, "first_row")];
    const tokens = field(testCase, "batch", "tokens");
    for (let t = 0; t < rowsOf(testCase); t++) {
      const [id, position] = words(testCase, "tokens").subarray((t % tokens) * wordsPerToken);
      const byPosition = param(testCase, "by_position") === 1;
      const row = byPosition ? position! + param(testCase, "row_offset") : id!;
      if (row < first || row >= param(testCase, "end_row")) continue;
      for (let i = 0; i < width; i++) {
        const value = lookedUp(testCase, row, first, i, t < tokens ? 0 : 1);
        const before = accumulates(testCase) ? x[t * width + i]! : 0;
        x[t * width + i] = before + value;
      }
    }
    return { x };
  },
  // Accumulating is one addition more than a weight pass, which a compiler may reorder with those before
  // it: two roundings of x, which is below 4.
  bound(testCase) {
    const { absolute, relative } = deltaBound(testCase);
    return { absolute: absolute + (accumulates(testCase) ? 2 ** -22 : 0), relative };
  },
};

function accumulates({ overrides }: TwinCase): boolean {
  return overrides["ACCUMULATES"] === 1;
}

/** One weight of the table as a sign sees it: pending terms, then the probe. */
function lookedUp(
  testCase: TwinCase,
  row: number,
  firstRow: number,
  column: number,
  sign: 0 | 1,
): number {
  const width = param(testCase, "width");
  const theta = weightsOf(testCase)[(row - firstRow) * width + column]!;
  const element = row * width + column;
  const id: WeightId = {
    tensor: param(testCase, "tensor"),
    element,
    block: constants.NO_BLOCK,
    decays: true,
  };
  const updates = field(testCase, "state", "update_count");
  return perturbed(testCase, applyTerms(testCase, theta, id, 0, updates, true), id)[sign];
}

const pending: readonly TermOptions[] = [
  { step: 5, slot: 0 },
  { step: 6, slot: 1, embeddings: false },
  { step: 6, slot: 2 },
];
const decayed: readonly TermOptions[] = [
  { step: 5, slot: 3, kind: "decay" },
  { step: 5, slot: 0, continuesStep: true },
];

type Source = "token ids" | "positions";

function casesOf(source: Source): TwinCase[] {
  return [...noiseKinds.flatMap((_, kind) => floatCases(source, kind)), ...halfCases(source)];
}

function halfCases(source: Source): TwinCase[] {
  return (["halves", "wideHalves"] as const).flatMap((storage) => {
    const make = (name: string, options: Options) =>
      embedCase(source, `${source}, binomial, ${storage}: ${name}`, 0, {
        storage,
        width: storage === "halves" ? 14 : 13,
        ...options,
      });
    return [
      make("nothing pending", {}),
      make("pending steps are rounded on the fly, each one", { terms: pending }),
      make("terms taken back are not rounded", {
        terms: [{ step: 5, slot: 0, kind: "back", continuesStep: true }],
        state: { update_count: 0, offset_count: 1 },
      }),
      make("a mask by magnitude, weights decaying", {
        terms: decayed,
        state: { mask_by_magnitude: 1 },
      }),
    ];
  });
}

function floatCases(source: Source, kind: number): TwinCase[] {
  const make = (name: string, options: Options) => {
    return embedCase(source, `${source}, ${noiseKinds[kind]}: ${name}`, kind, options);
  };
  return [
    make("both signs, nothing pending", {}),
    make("pending terms are seen on the fly", { terms: pending, width: 67 }),
    make("rows of another shard are left alone", { terms: pending, first: 5, end: 11 }),
    make("a mask by magnitude, one offset", {
      terms: pending,
      state: { update_count: 2, offset_count: 1, mask_by_magnitude: 1 },
    }),
    make("an evaluation of one column, weights decaying", {
      terms: decayed,
      state: { probe_enabled: 0 },
      signs: 1,
      width: 1,
    }),
    make("terms taken back are seen by the probe", {
      terms: [{ step: 5, slot: 0, kind: "back", continuesStep: true }],
      state: { update_count: 0, offset_count: 1 },
    }),
    make("embeddings left out of the probe", { terms: pending, state: { probe_embeddings: 0 } }),
  ];
}

interface Options {
  readonly terms?: readonly TermOptions[];
  readonly state?: Partial<PassState>;
  readonly signs?: 1 | 2;
  readonly width?: number;
  readonly first?: number;
  readonly end?: number;
  readonly storage?: Storage;
}

const vocabSize = 19;

function embedCase(
  source: Source,
  name: string,
  kind: number,
  { storage = "floats", ...options }: Options,
): TwinCase {
  const { terms = [], state = {}, signs = 2, width = 13, first = 0, end = vocabSize } = options;
  const byPosition = source === "positions";
  const overrides = {
    NOISE_KIND: kind,
    STORAGE: storages.indexOf(storage),
    ACCUMULATES: Number(byPosition),
  };
  const weights = randomFloats(21, (end - first) * width, 0.1);
  const batch = someBatch(vocabSize);
  return {
    name,
    overrides,
    params: {
      width,
      first_row: first,
      end_row: end,
      tensor: 3,
      by_position: Number(byPosition),
      row_offset: byPosition ? 2 : 0,
    },
    uniforms: {
      state: { ...openState, update_count: terms.length, ...state },
      batch: batchUniform(batch, signs),
    },
    buffers: {
      terms: termList(terms),
      coefficients: new Float32Array([-3e-3, 1.7e-2, 4e-4, 0.1].map(round16)),
      thresholds: new Float32Array([0, 0, 0, 0.1]),
      theta: stored({ overrides }, storage === "floats" ? weights : asHalves(weights)),
      tokens: batch.tokenTable,
      x: randomFloats(22, 2 * batch.tokens * width),
    },
    // A thread takes a group of eight columns; a row touches at most so many.
    workgroups: [Math.ceil((Math.floor((width + 14) / 8) * batch.tokens) / 64), 1],
  };
}
