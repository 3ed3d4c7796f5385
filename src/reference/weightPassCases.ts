import { type Storage, storages } from "#base/dtype.ts";
import { constants, type PassState } from "#gpu/kernels.gen.ts";
import { type NoiseKind, noiseKinds } from "#zo/noise.ts";
import { round16 } from "#zo/rounding.ts";
import {
  type ChunkFields,
  chunkTable,
  evenChunks,
  raggedChunks,
  raggedElements,
  wholeChunks,
} from "./chunks.ts";
import { openState, type TermOptions, termList } from "./delta.ts";
import { randomFloats } from "./random.ts";
import { asHalves, stored } from "./theta.ts";
import type { TwinCase } from "./twin.ts";

const { HEAD_BLOCK, WRITE_ALWAYS, WRITE_NEVER, WRITE_PROBED, WRITE_WIDENED } = constants;

/** Cases of a pass over groups of eight that are cut anywhere. */
export function passCases(): TwinCase[] {
  return [...noiseKinds.flatMap((_, kind) => casesOf(kind)), ...halfCases()];
}

/** A gap between W+ and W- that no pass may touch. */
const STRIDE = raggedElements + 5;
/** The same, with W- at a multiple of four. */
const WHOLE_STRIDE = raggedElements + 8;

const twoSteps: readonly TermOptions[] = [
  { step: 5, slot: 0 },
  { step: 6, slot: 1 },
  { step: 6, probe: 2, slot: 2, continuesStep: true },
];

const decayAndNoise: readonly TermOptions[] = [
  { step: 5, slot: 3, kind: "decay" },
  { step: 5, slot: 0, continuesStep: true },
];

function casesOf(kind: number): TwinCase[] {
  const name = noiseKinds[kind]!;
  const make = (text: string, options: Options) => weightCase(kind, `${name}: ${text}`, options);
  return [
    make("a probe with nothing pending", {}),
    make("three terms of two steps pending", { terms: twoSteps, updates: 3 }),
    make("an update alone writes no probe", {
      terms: twoSteps,
      updates: 3,
      writes: WRITE_NEVER,
    }),
    make("offsets are seen by the probe and not kept", { terms: twoSteps, updates: 1, offsets: 2 }),
    make("weights above their threshold stay", {
      terms: twoSteps,
      updates: 3,
      state: { mask_by_magnitude: 1 },
    }),
    make("a mask with offsets", {
      terms: twoSteps,
      updates: 1,
      offsets: 2,
      state: { mask_by_magnitude: 1 },
    }),
    make("only block 3 is probed, the rest is not written", {
      state: { probe_blocks_low: 1 << 3, probe_blocks_high: 0, probe_embeddings: 0 },
    }),
    make("only block 33 is probed, the rest is copied", {
      terms: twoSteps,
      updates: 3,
      writes: WRITE_ALWAYS,
      state: { probe_blocks_low: 0, probe_blocks_high: 1 << 1, probe_embeddings: 0 },
    }),
    make("one-sided: two directions", {
      terms: twoSteps,
      updates: 3,
      overrides: { ONE_SIDED: 1 },
      state: { mask_by_magnitude: 1 },
    }),
    make("one-sided: a direction and the weights themselves", {
      terms: twoSteps,
      updates: 1,
      offsets: 2,
      overrides: { ONE_SIDED: 1 },
      state: { other_epsilon: 0 },
    }),
    make("no probe, all copied", { writes: WRITE_ALWAYS, state: { probe_enabled: 0 } }),
    make("no probe, all copied once", { writes: WRITE_WIDENED, state: { probe_enabled: 0 } }),
    make("terms touch their blocks only", {
      updates: 3,
      terms: [
        { step: 5, slot: 0, blocksLow: 1 << 3, blocksHigh: 0, embeddings: false },
        { step: 6, slot: 1, blocksLow: 0, blocksHigh: 1 << 1, embeddings: false },
        { step: 6, slot: 2, blocksLow: 0, blocksHigh: 0, continuesStep: true },
      ],
    }),
    make("a score head is active whatever the blocks and embeddings are", {
      chunks: raggedChunks.map((chunk) => ({ ...chunk, block: HEAD_BLOCK })),
      updates: 1,
      terms: [{ step: 5, slot: 0, blocksLow: 0, blocksHigh: 0, embeddings: false }],
      state: { probe_blocks_low: 0, probe_blocks_high: 0, probe_embeddings: 0 },
    }),
    make("a coefficient of 0 changes no bit, not even of -0", {
      terms: twoSteps,
      updates: 3,
      coefficients: [0, 0, 0],
      hasNegativeZeros: true,
      writes: WRITE_NEVER,
    }),
    make("weight decay shrinks what decays", {
      updates: 2,
      terms: decayAndNoise,
    }),
    make("terms taken back, the last one first", {
      terms: [
        { step: 6, slot: 1, kind: "back", continuesStep: true },
        { step: 5, slot: 0, kind: "back", continuesStep: true },
      ],
      updates: 0,
      offsets: 2,
    }),
    make("weight decay under a mask shrinks what the mask selects", {
      updates: 2,
      terms: decayAndNoise,
      state: { mask_by_magnitude: 1 },
    }),
    make("a grid of 2 x 2 from the second chunk on, 128 threads each", {
      first: 1,
      workgroups: [2, 2],
      overrides: { WORKGROUP_SIZE: 128 },
    }),
    make("an empty chunk is skipped", {
      chunks: [{ ...raggedChunks[0]!, count: 0 }, raggedChunks[1]!],
    }),
    ...oneTermCases(make),
  ];
}

/** Cases of a pass over whole, aligned groups of eight. */
export function wholePassCases(): TwinCase[] {
  const whole = { chunks: wholeChunks, stride: WHOLE_STRIDE };
  const overFloats = noiseKinds.flatMap((kind, i) => {
    const make = (text: string, options: Options) =>
      weightCase(i, `${kind}: ${text}`, { ...whole, ...options });
    return [
      make("three terms of two steps pending and offsets", {
        terms: twoSteps,
        updates: 1,
        offsets: 2,
      }),
      make("no probe, all copied once", {
        writes: WRITE_WIDENED,
        state: { probe_enabled: 0 },
      }),
      make("a grid of 2 x 2 from the second chunk on", { first: 1, workgroups: [2, 2] }),
      ...oneTermCases(make),
    ];
  });
  const overHalves = eachHalves((kind, storage) => {
    const make = (text: string, options: Options) =>
      halvesCase(kind, storage, text, { ...whole, ...options });
    return [
      make("each of two steps pending is rounded", { terms: twoSteps, updates: 3 }),
      make("an update, then all widened", {
        terms: twoSteps,
        updates: 3,
        writes: WRITE_WIDENED,
        state: { probe_enabled: 0 },
      }),
      ...oneTermCases(make),
    ];
  });
  return [...overFloats, ...overHalves];
}

const sixteen = { WORKGROUP_SIZE: 16, SHIFTS_BY_FLOATS: 1 };

/** Cases of a pass compiled for one term at most. */
function oneTermCases(make: (text: string, options: Options) => TwinCase): TwinCase[] {
  const one = (text: string, term: Partial<TermOptions>, options: Options = {}) =>
    make(`one term at most: ${text}`, {
      terms: [{ step: 5, slot: 0, ...term }, ...twoSteps],
      updates: 1,
      ...options,
      overrides: { ...options.overrides, ONE_TERM: 1 },
    });
  return [
    one("pending", {}),
    one("none pending", {}, { updates: 0 }),
    one("an update alone", {}, { writes: WRITE_NEVER }),
    one("decay", { kind: "decay", slot: 3 }),
    one("taken back", { kind: "back", probe: 1 }),
    one(
      "of blocks",
      { blocksLow: 1 << 3, blocksHigh: 0, embeddings: false },
      { writes: WRITE_ALWAYS },
    ),
    one("under a mask", {}, { state: { mask_by_magnitude: 1 } }),
    one("one-sided", {}, { overrides: { ONE_SIDED: 1 } }),
    one("16 threads, shifts by floats", {}, { overrides: sixteen }),
    one(
      "a coefficient of 0",
      {},
      { coefficients: [0], hasNegativeZeros: true, writes: WRITE_NEVER },
    ),
    one("no probe, all copied", {}, { writes: WRITE_ALWAYS, state: { probe_enabled: 0 } }),
  ];
}

/** Halves, two and one per word. Gaussian noise would round to the other neighbour now and then. */
function halfCases(): TwinCase[] {
  return eachHalves((kind, storage) => {
    const chunks = storage === "halves" ? evenChunks : raggedChunks;
    const make = (text: string, options: Options) =>
      halvesCase(kind, storage, text, { chunks, ...options });
    return [
      make("a probe with nothing pending", {}),
      make("each of two steps pending is rounded", { terms: twoSteps, updates: 3 }),
      make("an update alone writes no probe", {
        terms: twoSteps,
        updates: 3,
        writes: WRITE_NEVER,
      }),
      make("tiny steps", {
        terms: twoSteps,
        updates: 3,
        coefficients: [1e-9, -3e-7, 2e-8].map(round16),
      }),
      make("steps past the largest half", {
        terms: twoSteps,
        updates: 3,
        coefficients: [3e4, -6e4, 5e4].map(round16),
      }),
      make("offsets are not rounded", { terms: twoSteps, updates: 1, offsets: 2 }),
      make("weights above their threshold stay", {
        terms: twoSteps,
        updates: 3,
        state: { mask_by_magnitude: 1 },
      }),
      make("the grid's second half, all copied", {
        first: 1,
        workgroups: [2, 2],
        overrides: { WORKGROUP_SIZE: 128 },
        terms: decayAndNoise,
        updates: 2,
        writes: WRITE_ALWAYS,
        state: { probe_enabled: 0 },
      }),
      make("an update, then all widened", {
        terms: twoSteps,
        updates: 3,
        writes: WRITE_WIDENED,
        state: { probe_enabled: 0 },
      }),
      make("terms touch their blocks only", {
        updates: 2,
        terms: [{ step: 5, slot: 0, blocksLow: 1 << 3, blocksHigh: 0 }, never33],
      }),
      ...oneTermCases(make),
    ];
  });
}

type HalvesCases = (kind: NoiseKind, storage: "halves" | "wideHalves") => TwinCase[];

function eachHalves(cases: HalvesCases): TwinCase[] {
  return (["binomial", "rademacher"] as const).flatMap((kind) =>
    (["halves", "wideHalves"] as const).flatMap((storage) => cases(kind, storage)),
  );
}

function halvesCase(kind: NoiseKind, storage: Storage, text: string, options: Options): TwinCase {
  return weightCase(noiseKinds.indexOf(kind), `${kind}, ${storage}: ${text}`, {
    theta: manyHalves(),
    ...options,
    overrides: { STORAGE: storages.indexOf(storage), ...options.overrides },
  });
}

const never33: TermOptions = { step: 6, slot: 1, blocksLow: 0, blocksHigh: 0, embeddings: false };

/** Halves of every magnitude: subnormal ones, both zeros, and the largest. */
function manyHalves(): Float32Array<ArrayBuffer> {
  const values = randomFloats(11, raggedElements, 0.1);
  values.subarray(20, 40).forEach((value, i) => {
    values[20 + i] = value * 1e-4;
  });
  values.subarray(200, 230).forEach((value, i) => {
    values[200 + i] = value * 1e-6;
  });
  values.fill(-0, 40, 44).fill(0, 44, 48).fill(65504, 150, 160).fill(-65504, 160, 170);
  return asHalves(values);
}

interface Options {
  readonly theta?: Float32Array<ArrayBuffer>;
  readonly chunks?: readonly ChunkFields[];
  readonly stride?: number;
  readonly first?: number;
  readonly workgroups?: readonly [number, number];
  readonly writes?: number;
  readonly terms?: readonly TermOptions[];
  readonly updates?: number;
  readonly offsets?: number;
  readonly coefficients?: readonly number[];
  readonly hasNegativeZeros?: boolean;
  readonly state?: Partial<PassState>;
  readonly overrides?: Readonly<Record<string, number>>;
}

const someCoefficients = [-3e-3, 1.7e-2, 4e-4, 0.1].map(round16);

function weightCase(kind: number, name: string, options: Options): TwinCase {
  const { chunks = raggedChunks, terms = [], updates = 0, offsets = 0, first = 0 } = options;
  const { stride = STRIDE } = options;
  const theta = options.theta ?? randomFloats(11, raggedElements, 0.1);
  if (options.hasNegativeZeros) theta.fill(-0, 20, 40);
  const overrides = { NOISE_KIND: kind, ...options.overrides };
  return {
    name,
    overrides,
    params: {
      first_chunk: first,
      writes_probe: options.writes ?? WRITE_PROBED,
      stride,
    },
    uniforms: {
      state: { ...openState, update_count: updates, offset_count: offsets, ...options.state },
    },
    buffers: {
      chunks: chunkTable(chunks),
      terms: termList(terms),
      coefficients: new Float32Array(options.coefficients ?? someCoefficients),
      thresholds: new Float32Array([0.05, 0.12, 0.01]),
      theta: stored({ overrides }, theta),
      probe: new Float32Array(2 * stride).fill(77).fill(-77, stride),
    },
    workgroups: options.workgroups ?? [chunks.length, 1],
  };
}
