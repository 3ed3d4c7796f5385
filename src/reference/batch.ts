import { type PackedBatch, packAll, sizeOfAll, wordsPerToken } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { randomIntegers } from "./random.ts";
import { field, type TwinCase } from "./twin.ts";

/** The packed batch of `shaders/lib/batch.wgsl`, and batches to try kernels on. */

/** The uniform `batch` of a case. */
export function batchUniform(
  batch: Pick<PackedBatch, "tokens" | "scored" | "options" | "examples">,
  signs: 1 | 2,
  more: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const { tokens, scored, options, examples } = batch;
  const flags = { accumulates: 0, probe_register: 0, per_token: 0 };
  return { tokens, scored, options, examples, signs, ...flags, ...more };
}

/** Rows a kernel goes over: tokens or scored positions, of all signs. */
export function rowsOf(testCase: TwinCase, overScored = false): number {
  const batch = (key: string) => field(testCase, "batch", key);
  return batch("signs") * batch(overScored ? "scored" : "tokens");
}

/** Rows that one row of attention sees: a shared prompt, then its own sequence up to itself. */
export function visibleRows(rows: Uint32Array, row: number): number[] {
  const [, , prefixStart, prefixEnd, ownStart] = rows.subarray(row * wordsPerToken);
  const seen: number[] = [];
  for (let i = prefixStart!; i < prefixEnd!; i++) seen.push(i);
  for (let i = ownStart!; i <= row; i++) seen.push(i);
  return seen;
}

/**
 * Three examples: two options that share a prompt, one option alone, and three options that part at
 * their first token after BOS.
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
