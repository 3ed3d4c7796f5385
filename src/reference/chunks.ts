import { wordsOf } from "#gpu/card.ts";
import { Chunk, constants } from "#gpu/kernels.gen.ts";

/** The chunk tables of kernels that go over weights. */

export const chunkWords = wordsOf(Chunk);

/** A chunk of a case. */
export interface ChunkFields {
  readonly tensor: number;
  /** Element in the tensor. */
  readonly first: number;
  readonly count: number;
  /** Offset of that element in theta. */
  readonly theta: number;
  /** Offset of that element in W+ and W-. */
  readonly out: number;
  readonly block: number | null;
  readonly decays?: boolean;
}

/** Chunks that begin and end anywhere in the groups of eight that noise is drawn for. */
export const raggedChunks: readonly ChunkFields[] = [
  { tensor: 0, first: 0, count: 61, theta: 0, out: 3, block: null },
  { tensor: 0, first: 61, count: 75, theta: 61, out: 64, block: null },
  { tensor: 0, first: 136, count: 1, theta: 136, out: 139, block: null },
  { tensor: 1, first: 5, count: 530, theta: 150, out: 150, block: 3, decays: false },
  { tensor: 2, first: 38_000_003, count: 9, theta: 690, out: 700, block: 33 },
];

/** The same with even beginnings and ends, as in matrices of halves. */
export const evenChunks: readonly ChunkFields[] = [
  { tensor: 0, first: 0, count: 62, theta: 0, out: 3, block: null },
  { tensor: 0, first: 62, count: 74, theta: 62, out: 65, block: null },
  { tensor: 0, first: 136, count: 2, theta: 136, out: 139, block: null },
  { tensor: 1, first: 6, count: 530, theta: 150, out: 150, block: 3, decays: false },
  { tensor: 2, first: 38_000_002, count: 10, theta: 690, out: 700, block: 33 },
];

/** The same with whole, aligned groups, as where every width is a multiple of eight. */
export const wholeChunks: readonly ChunkFields[] = [
  { tensor: 0, first: 0, count: 64, theta: 0, out: 8, block: null },
  { tensor: 0, first: 64, count: 72, theta: 64, out: 72, block: null },
  { tensor: 1, first: 8, count: 528, theta: 152, out: 152, block: 3, decays: false },
  { tensor: 2, first: 38_000_008, count: 8, theta: 688, out: 704, block: 33 },
];

/** Elements of theta, W+ and W- that hold those chunks, and some around them. */
export const raggedElements = 720;

export function chunkTable(chunks: readonly ChunkFields[]): Uint32Array<ArrayBuffer> {
  return new Uint32Array(
    chunks.flatMap(({ tensor, first, count, theta, out, block, decays = true }) => {
      return [tensor, first, count, theta, out, block ?? constants.NO_BLOCK, Number(decays), 0];
    }),
  );
}
