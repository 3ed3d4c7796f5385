import type { Storage, WeightDtype } from "#base/dtype.ts";
import { fieldOffsets, wordsOf } from "#gpu/card.ts";
import { Chunk, constants } from "#gpu/kernels.gen.ts";
import type { OptConfig } from "./config.ts";
import { type Parameter, parameterTable, type Role, type Stage } from "./parameters.ts";

/**
 * Where every parameter lies on the GPU. Pure arithmetic: the layout shown before loading is the layout
 * that is allocated.
 *
 * All 1-D parameters share one buffer (`vectors`), so one pass perturbs them all. A matrix stacks the rows
 * of one or more tensors (k, v and q of a block are one product). It is cut into shards by rows if it, or
 * W+ and W- of it together, exceeds what the device can bind.
 */
export interface Layout {
  readonly dtype: WeightDtype;
  readonly numBlocks: number;
  readonly table: readonly Parameter[];
  readonly vectors: VectorLayout;
  readonly matrices: ReadonlyMap<string, Matrix>;
  /** Words of the chunk table. @see shaders/lib/chunk.wgsl */
  readonly chunks: Uint32Array<ArrayBuffer>;
  /** Elements of each of the two scratch matrices W+ and W-, which share a binding. */
  readonly scratchElements: number;
  /** Rows of the token embedding, or of the score head, whose logits are computed at once. */
  readonly headTileRows: number;
}

export interface VectorLayout {
  readonly storage: Storage;
  readonly elements: number;
  /** Offset of each 1-D parameter, by name. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly chunks: ChunkRange;
}

export interface Matrix {
  readonly name: string;
  readonly width: number;
  readonly rows: number;
  /** Two halves per word if rows have even length, so that no word has weights of two rows. */
  readonly storage: Storage;
  /** Of its parameters. */
  readonly stage: Stage;
  readonly role: Role;
  readonly shards: readonly Shard[];
}

/** Rows [firstRow, firstRow + rows) of a matrix, in one buffer. */
export interface Shard {
  readonly firstRow: number;
  readonly rows: number;
  /** The parts of tensors that it holds, in order. */
  readonly pieces: readonly Piece[];
  /** Parts that fit scratch: one, or several for the token embedding. */
  readonly tiles: readonly Tile[];
}

export interface Piece {
  readonly parameter: Parameter;
  /** First row in the tensor. */
  readonly firstRow: number;
  readonly rows: number;
  /** First row in the shard. */
  readonly at: number;
}

/** Rows [firstRow, firstRow + rows) of a shard. */
export interface Tile {
  readonly firstRow: number;
  readonly rows: number;
  readonly chunks: ChunkRange;
}

export interface ChunkRange {
  readonly first: number;
  readonly count: number;
}

/** Elements per workgroup of a weight pass. */
const CHUNK_ELEMENTS = 4096;
const CHUNK_WORDS = wordsOf(Chunk);
const chunkFields = Object.keys(Chunk) as (keyof Chunk)[];
/** Scratch has at least this size (16 MiB in f32), so that the logits of small vocabularies are one tile. */
const MIN_SCRATCH_ELEMENTS = 4 * 1024 * 1024;

/**
 * @param maxBindingBytes the largest storage buffer that the device can bind
 * @param dtype of the stored weights; W+ and W- are always f32, so it does not change the shards
 */
export function planLayout(
  config: OptConfig,
  maxBindingBytes: number,
  dtype: WeightDtype = "f32",
): Layout {
  const table = parameterTable(config);
  const byName = new Map(table.map((parameter) => [parameter.name, parameter]));
  const chunks: number[] = [];
  const vectors = planVectors(config, byName, chunks, dtype);
  const maxElements = Math.floor(maxBindingBytes / 4);
  // W+ and W- are bound as one; W- begins at a multiple of 4, for kernels that read four at a time.
  const maxScratch = 4 * Math.floor(maxElements / 8);
  const wanted = matrixTensors(config).map(({ name, tensors }) => ({
    name,
    parameters: tensors.map((tensor) => byName.get(tensor)!),
  }));
  const embedding = byName.get("model.decoder.embed_tokens.weight")!;
  const largest = Math.max(
    Math.min(MIN_SCRATCH_ELEMENTS, embedding.elements),
    ...wanted
      .filter(({ parameters }) => parameters[0]!.role !== "embedding")
      .map(({ parameters }) => Math.min(maxScratch, sum(parameters.map((p) => p.elements)))),
  );
  const tileElements = Math.min(largest, maxScratch);
  const embeddingTileRows = Math.max(1, Math.floor(tileElements / config.wordEmbedProjDim));
  const matrices = new Map<string, Matrix>();
  for (const { name, parameters } of wanted) {
    const tileRows = name === "embed_tokens" ? embeddingTileRows : Number.POSITIVE_INFINITY;
    // An embedding is never in scratch as a whole.
    const most = parameters[0]!.role === "embedding" ? maxElements : maxScratch;
    matrices.set(name, planMatrix(name, parameters, most, tileRows, chunks, dtype));
  }
  return {
    dtype,
    numBlocks: config.numHiddenLayers,
    table,
    vectors,
    matrices,
    chunks: new Uint32Array(chunks),
    scratchElements: 4 * Math.ceil(tileElements / 4),
    headTileRows: Math.min(embeddingTileRows, config.numLabels ?? embeddingTileRows),
  };
}

/**
 * True if no group of eight elements, which noise is drawn for, is cut by a chunk or misaligned: then
 * `weight_pass_whole` may run.
 */
export function hasWholeGroups({ chunks }: Layout): boolean {
  const { first, count, theta_offset, out_offset } = fieldOffsets(Chunk);
  for (let at = 0; at < chunks.length; at += CHUNK_WORDS) {
    for (const word of [first, count, theta_offset, out_offset]) {
      if (chunks[at + word]! % 8 !== 0) return false;
    }
  }
  return true;
}

/** The matrices of a model and the tensors they stack. */
function matrixTensors(config: OptConfig): { name: string; tensors: string[] }[] {
  const matrix = (name: string, ...stack: string[]) => {
    return { name, tensors: stack.map((tensor) => `model.decoder.${tensor}.weight`) };
  };
  const matrices = [
    matrix("embed_tokens", "embed_tokens"),
    matrix("embed_positions", "embed_positions"),
  ];
  if (config.wordEmbedProjDim !== config.hiddenSize) {
    matrices.push(matrix("project_in", "project_in"), matrix("project_out", "project_out"));
  }
  for (let block = 0; block < config.numHiddenLayers; block++) {
    const at = `layers.${block}.`;
    const attention = `${at}self_attn.`;
    matrices.push(
      matrix(`${at}kvq`, `${attention}k_proj`, `${attention}v_proj`, `${attention}q_proj`),
      matrix(`${at}out`, `${attention}out_proj`),
      matrix(`${at}fc1`, `${at}fc1`),
      matrix(`${at}fc2`, `${at}fc2`),
    );
  }
  if (config.numLabels !== null) matrices.push({ name: "score", tensors: ["score.weight"] });
  return matrices;
}

/** The biases of k, v and q are adjacent, because one product computes all three. */
function planVectors(
  config: OptConfig,
  byName: ReadonlyMap<string, Parameter>,
  chunks: number[],
  dtype: WeightDtype,
): VectorLayout {
  const first = chunks.length / CHUNK_WORDS;
  const offsets = new Map<string, number>();
  let elements = 0;
  const place = (name: string) => {
    const parameter = byName.get(name);
    if (!parameter || offsets.has(name)) return;
    offsets.set(name, elements);
    pushChunks(chunks, parameter, 0, parameter.elements, elements, elements);
    elements += parameter.elements;
  };
  for (let block = 0; block < config.numHiddenLayers; block++) {
    for (const letter of ["k", "v", "q"])
      place(`model.decoder.layers.${block}.self_attn.${letter}_proj.bias`);
  }
  for (const [name, { shape }] of byName) if (shape.length === 1) place(name);
  const storage = dtype === "f16" ? "wideHalves" : "floats";
  return { storage, elements, offsets, chunks: rangeFrom(first, chunks) };
}

function planMatrix(
  name: string,
  parameters: readonly Parameter[],
  maxElements: number,
  tileRows: number,
  chunks: number[],
  dtype: WeightDtype,
): Matrix {
  const width = parameters[0]!.shape[1]!;
  const rows = sum(parameters.map(({ shape }) => shape[0]!));
  // Shards of the embedding hold whole tiles, so that no tile spans two buffers.
  const fitting = Math.max(1, Math.floor(maxElements / width));
  const shardRows = fitting < rows && tileRows < fitting ? fitting - (fitting % tileRows) : fitting;
  const shards: Shard[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += shardRows) {
    const count = Math.min(shardRows, rows - firstRow);
    const pieces = piecesOf(parameters, firstRow, count);
    const tiles: Tile[] = [];
    for (let at = 0; at < count; at += tileRows) {
      const tile = { firstRow: at, rows: Math.min(tileRows, count - at) };
      tiles.push({ ...tile, chunks: tileChunks(chunks, pieces, tile, width) });
    }
    shards.push({ firstRow, rows: count, pieces, tiles });
  }
  const halves = width % 2 === 0 ? "halves" : "wideHalves";
  const storage = dtype === "f16" ? halves : "floats";
  const { stage, role } = parameters[0]!;
  return { name, width, rows, storage, stage, role, shards };
}

function piecesOf(parameters: readonly Parameter[], firstRow: number, rows: number): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const parameter of parameters) {
    const tensorRows = parameter.shape[0]!;
    const from = Math.max(firstRow, start);
    const to = Math.min(firstRow + rows, start + tensorRows);
    if (from < to) {
      pieces.push({ parameter, firstRow: from - start, rows: to - from, at: from - firstRow });
    }
    start += tensorRows;
  }
  return pieces;
}

function tileChunks(
  chunks: number[],
  pieces: readonly Piece[],
  tile: { firstRow: number; rows: number },
  width: number,
): ChunkRange {
  const first = chunks.length / CHUNK_WORDS;
  for (const piece of pieces) {
    const from = Math.max(piece.at, tile.firstRow);
    const to = Math.min(piece.at + piece.rows, tile.firstRow + tile.rows);
    if (from >= to) continue;
    const element = (piece.firstRow + from - piece.at) * width;
    const count = (to - from) * width;
    pushChunks(
      chunks,
      piece.parameter,
      element,
      count,
      from * width,
      (from - tile.firstRow) * width,
    );
  }
  return rangeFrom(first, chunks);
}

function rangeFrom(first: number, chunks: readonly number[]): ChunkRange {
  return { first, count: chunks.length / CHUNK_WORDS - first };
}

function pushChunks(
  chunks: number[],
  { index, stage, role, decays }: Parameter,
  first: number,
  count: number,
  thetaOffset: number,
  outOffset: number,
): void {
  const { HEAD_BLOCK, NO_BLOCK } = constants;
  const block = typeof stage === "number" ? stage : role === "head" ? HEAD_BLOCK : NO_BLOCK;
  for (let done = 0; done < count; done += CHUNK_ELEMENTS) {
    const chunk: Chunk = {
      tensor: index,
      first: first + done,
      count: Math.min(CHUNK_ELEMENTS, count - done),
      theta_offset: thetaOffset + done,
      out_offset: outOffset + done,
      block,
      decays: Number(decays),
      padding: 0,
    };
    for (const field of chunkFields) chunks.push(chunk[field]);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
