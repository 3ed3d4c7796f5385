import type { Capacity } from "#data/examples/packing.ts";
import { type StructLayout, wordsOf } from "#gpu/card.ts";
import {
  Batch,
  coefficients,
  constants,
  Example,
  Option,
  PassState,
  Program,
  Scored,
  Term,
  Token,
} from "#gpu/kernels.gen.ts";
import { type Memory, type MemoryKind, type PlannedBuffer, planned, usage } from "#gpu/memory.ts";
import { timestampBytes } from "#gpu/passTimer.ts";
import type { OptConfig } from "./config.ts";
import type { Layout } from "./layout.ts";

/** Sizes of the small tables of a step. @see shaders/zo/coefficients.wgsl */
export const maxTerms = 64;
export const maxProbes = 16;
export const ringRecords = 256;
export const recordWords = constants.RECORD_WORDS;

/** Every buffer of a model but its weights. They are created once; a step allocates nothing. */
export interface Buffers {
  readonly pass: GPUBuffer;
  readonly batch: GPUBuffer;
  readonly chunks: GPUBuffer;
  readonly terms: GPUBuffer;
  readonly programs: GPUBuffer;
  /** Params of the coefficients kernel, rewritten each step. */
  readonly coefficientState: GPUBuffer;
  readonly coefficients: GPUBuffer;
  readonly thresholds: GPUBuffer;
  readonly registers: GPUBuffer;
  readonly lossSums: GPUBuffer;
  readonly ring: GPUBuffer;
  /** GPU timestamps of a timed step. */
  readonly timestamps: GPUBuffer;
  /** [2, scratchElements] W+ and W- of the current tile. */
  readonly probe: GPUBuffer;
  /** [2, vectors.elements] the 1-D parameters as each sign sees them. */
  readonly probeVectors: GPUBuffer;
  readonly tokens: GPUBuffer;
  readonly scored: GPUBuffer;
  readonly options: GPUBuffer;
  readonly examples: GPUBuffer;
  /** [2 T, C] the residual stream. */
  readonly stream: GPUBuffer;
  /** [2 T, C] input or output of a sublayer. */
  readonly side: GPUBuffer;
  /** [2 T, wideWidth] keys, values and queries, or the inner layer of the feed-forward part. */
  readonly wide: GPUBuffer;
  /** [2 S, max(C, E)] stream and side at the scored positions. */
  readonly scoredStream: GPUBuffer;
  readonly scoredSide: GPUBuffer;
  /** [2 S, headTileRows] */
  readonly logits: GPUBuffer;
  readonly logSumExp: GPUBuffer;
  readonly optionSums: GPUBuffer;
}

/** Width of a token in `wide`, the widest activation. */
export function wideWidthOf({ hiddenSize: C, ffnDim: F, wordEmbedProjDim: E }: OptConfig): number {
  return Math.max(3 * C, F, E);
}

/** @param capacity per sign */
export function planBuffers(
  config: OptConfig,
  layout: Layout,
  capacity: Capacity,
): Readonly<Record<keyof Buffers, PlannedBuffer>> {
  const { hiddenSize: C, wordEmbedProjDim: E } = config;
  const floats = (label: string, kind: MemoryKind, count: number) =>
    planned(label, kind, count * 4);
  const structs = (label: string, struct: StructLayout, count: number) =>
    floats(label, "other", count * wordsOf(struct));
  const uniform = (label: string, struct: StructLayout) =>
    planned(label, "other", 4 * wordsOf(struct), usage.UNIFORM);
  const tokens = 2 * capacity.tokens;
  const scored = 2 * capacity.scored;
  return {
    pass: uniform("pass state", PassState),
    batch: uniform("batch state", Batch),
    chunks: floats("chunks", "other", layout.chunks.length),
    terms: structs("terms", Term, maxTerms),
    programs: structs("programs", Program, maxTerms),
    coefficientState: uniform("coefficient state", coefficients.params),
    coefficients: floats("coefficients", "other", maxTerms),
    thresholds: floats("thresholds", "other", layout.table.length),
    registers: floats("registers", "other", 32),
    lossSums: floats("loss sums", "other", maxProbes * 2),
    ring: floats("ring", "other", ringRecords * recordWords),
    timestamps: planned("timestamps", "other", timestampBytes, usage.QUERY_RESOLVE),
    probe: floats("W+ and W-", "scratch", 2 * layout.scratchElements),
    probeVectors: floats("vectors+ and vectors-", "scratch", 2 * layout.vectors.elements),
    tokens: structs("tokens", Token, tokens),
    scored: structs("scored positions", Scored, scored),
    options: structs("options", Option, 2 * capacity.options),
    examples: structs("examples", Example, 2 * capacity.examples),
    stream: floats("stream", "activations", tokens * C),
    side: floats("side", "activations", tokens * C),
    wide: floats("wide", "activations", tokens * wideWidthOf(config)),
    scoredStream: floats("scored stream", "activations", scored * Math.max(C, E)),
    scoredSide: floats("scored side", "activations", scored * Math.max(C, E)),
    logits: floats("logits", "activations", scored * layout.headTileRows),
    logSumExp: floats("log-sum-exp", "activations", scored * 3),
    optionSums: floats("option sums", "activations", 2 * capacity.options * 2),
  };
}

/** Allocates the buffers of a plan. */
export function allocateBuffers(
  memory: Memory,
  plan: Readonly<Record<keyof Buffers, PlannedBuffer>>,
): Buffers {
  const made = Object.entries(plan).map(([name, buffer]) => [name, memory.make(buffer)]);
  return Object.fromEntries(made) as Record<keyof Buffers, GPUBuffer>;
}
