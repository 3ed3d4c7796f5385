import { type PackedBatch, packAll, sizeOfAll, wordsPerToken } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Batch } from "#gpu/kernels.gen.ts";
import { randomIntegers } from "./random.ts";
import { field, type TwinCase } from "./twin.ts";

/** Packed batches for the cases of kernels. @see shaders/lib/batch.wgsl */

/** The uniform `batch` of a case. */
export function batchUniform(
  batch: Pick<PackedBatch, "tokens" | "scored" | "options" | "examples">,
  signs: 1 | 2,
  more: Partial<Batch> = {},
): Batch {
  const { tokens, scored, options, examples } = batch;
  const flags = { accumulates: 0, probe_register: 0, per_token: 0 };
  return { tokens, scored, options, examples, signs, ...flags, ...more };
}

/** Rows of a kernel: tokens or scored positions, of all signs. */
export function rowsOf(testCase: TwinCase, overScored = false): number {
  const batch = (key: keyof Batch) => field(testCase, "batch", key);
  return batch("signs") * batch(overScored ? "scored" : "tokens");
}

/** Tokens that one token attends to: a shared prompt, then its own sequence up to itself. */
export function attendedTokens(tokens: Uint32Array, token: number): number[] {
  const [, , prefixStart, prefixEnd, ownStart] = tokens.subarray(token * wordsPerToken);
  const seen: number[] = [];
  for (let i = prefixStart!; i < prefixEnd!; i++) seen.push(i);
  for (let i = ownStart!; i <= token; i++) seen.push(i);
  return seen;
}

/**
 * Three examples: two options that share a prompt, one option alone, and three options that differ from
 * their first token after BOS on.
 */
export function someExamples(vocabSize: number): EncodedExample[] {
  const ids = (seed: number, count: number) => randomIntegers(seed, count, vocabSize);
  const prompt = [2, ...ids(1, 6)];
  const option = (all: number[], optionLength: number) => ({ ids: all, optionLength });
  return [
    {
      row: 0,
      answer: 1,
      options: [option([...prompt, 4], 1), option([...prompt, 5, 6, 7], 3)],
    },
    { row: 1, answer: 0, options: [option([2, ...ids(2, 3)], 2)] },
    {
      row: 2,
      answer: 2,
      options: [3, 4, 5].map((first) => option([2, first, ...ids(first, first)], 2)),
    },
  ];
}

/** Those examples, packed. */
export function someBatch(vocabSize: number): PackedBatch {
  const examples = someExamples(vocabSize);
  return packAll(examples, sizeOfAll(examples))[0]!;
}

/** Tokens that extend the sequences of three slots of a cache. */
export interface GeneratedTokens {
  /** [count, 5]: id, position, 0, 0, first row of the slot in the cache. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  readonly count: number;
  readonly cacheRows: number;
}

/** Three slots of 40 positions: one begins, one is extended by a token, one by several. */
export function generatedTokens(): GeneratedTokens {
  const positions = 40;
  const feeds = [
    { slot: 2, from: 0, count: 5 },
    { slot: 0, from: 36, count: 1 },
    { slot: 1, from: 3, count: 20 },
  ];
  const tokens = feeds.flatMap(({ slot, from, count }) =>
    randomIntegers(slot, count, 50).map((id, i) => [id, from + i, 0, 0, slot * positions]),
  );
  return {
    tokens: new Uint32Array(tokens.flat()),
    count: tokens.length,
    cacheRows: 3 * positions,
  };
}
