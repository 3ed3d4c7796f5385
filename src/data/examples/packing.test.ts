import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodedExample } from "../tasks/task.ts";
import { type PackedBatch, packAll, sizeOf, sizeOfAll, wordsPerToken } from "./packing.ts";

const option = (ids: number[], optionLength: number) => ({ ids, optionLength });
const example = (options: EncodedExample["options"], answer = 0, row = 0) => {
  return { row, answer, options };
};

/** Ids from a small vocabulary, so that options often begin alike for longer than their prompt. */
const anyExample: fc.Arbitrary<EncodedExample> = fc
  .record({
    prompt: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
    words: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    }),
    pick: fc.nat(),
  })
  .map(({ prompt, words, pick }) => {
    const options = words.map((word) => option([2, ...prompt, ...word], word.length));
    return example(options, pick % words.length);
  });
const someExamples = fc.array(anyExample, { minLength: 1, maxLength: 5 });

const rowAt = ({ tokenTable: rows }: PackedBatch, row: number) => {
  const words = rows.subarray(row * wordsPerToken, (row + 1) * wordsPerToken);
  const [id, position, prefixStart, prefixEnd, ownStart] = words;
  return {
    id: id!,
    position: position!,
    prefixStart: prefixStart!,
    prefixEnd: prefixEnd!,
    ownStart: ownStart!,
  };
};

/** What a row sees, as attention has it: a shared prompt whole, then its own rows up to itself. */
function seenBy(batch: PackedBatch, row: number): { id: number; position: number }[] {
  const { prefixStart, prefixEnd, ownStart } = rowAt(batch, row);
  const seen: number[] = [];
  for (let i = prefixStart; i < prefixEnd; i++) seen.push(i);
  for (let i = ownStart; i <= row; i++) seen.push(i);
  return seen.map((i) => ({ id: rowAt(batch, i).id, position: rowAt(batch, i).position }));
}

describe("whatever the examples", () => {
  test("a scored position sees exactly the tokens before its target, as if nothing were shared", () => {
    fc.assert(
      fc.property(someExamples, (examples) => {
        const batch = packAll(examples, sizeOfAll(examples))[0]!;
        let at = 0;
        for (const { ids, optionLength } of examples.flatMap(({ options }) => options)) {
          for (let target = ids.length - optionLength; target < ids.length; target++, at++) {
            const [row, expectedId] = batch.scoredTokens.subarray(at * 2);
            expect(expectedId).toBe(ids[target]);
            expect(seenBy(batch, row!)).toEqual(
              ids.slice(0, target).map((id, position) => ({ id, position })),
            );
          }
        }
        expect(at).toBe(batch.scored);
      }),
    );
  });

  test("a batch has the sizes its examples were said to take", () => {
    fc.assert(
      fc.property(someExamples, (examples) => {
        const batch = packAll(examples, sizeOfAll(examples))[0]!;
        const { tokens, scored, options, examples: count } = batch;
        expect({ tokens, scored, options, examples: count }).toEqual(sizeOfAll(examples));
        expect(batch.tokenTable.length).toBe(tokens * wordsPerToken);
        expect(batch.scoredTokens.length).toBe(scored * 2);
        expect(batch.optionRanges.length).toBe(options * 2);
        expect(batch.exampleRanges.length).toBe(count * 3);
      }),
    );
  });

  test("sharing never takes more rows than every option by itself", () => {
    fc.assert(
      fc.property(anyExample, (one) => {
        const alone = one.options.reduce((sum, { ids }) => sum + ids.length - 1, 0);
        const longest = Math.max(...one.options.map(({ ids }) => ids.length - 1));
        expect(sizeOf(one).tokens).toBeLessThanOrEqual(alone);
        expect(sizeOf(one).tokens).toBeGreaterThanOrEqual(longest);
      }),
    );
  });

  test("options and examples name the scored positions and options that are theirs", () => {
    fc.assert(
      fc.property(someExamples, (examples) => {
        const batch = packAll(examples, sizeOfAll(examples))[0]!;
        let [scored, options] = [0, 0];
        examples.forEach((one, e) => {
          const range = [options, options + one.options.length, one.answer];
          expect([...batch.exampleRanges.subarray(e * 3, e * 3 + 3)]).toEqual(range);
          for (const { optionLength } of one.options) {
            const ends = [...batch.optionRanges.subarray(options * 2, options * 2 + 2)];
            expect(ends).toEqual([scored, scored + optionLength]);
            scored += optionLength;
            options++;
          }
        });
      }),
    );
  });

  test("rows never see rows after themselves", () => {
    fc.assert(
      fc.property(someExamples, (examples) => {
        const batch = packAll(examples, sizeOfAll(examples))[0]!;
        for (let row = 0; row < batch.tokens; row++) {
          const { prefixStart, prefixEnd, ownStart } = rowAt(batch, row);
          expect(prefixStart).toBeLessThanOrEqual(prefixEnd);
          expect(prefixEnd).toBeLessThanOrEqual(ownStart);
          expect(ownStart).toBeLessThanOrEqual(row);
        }
      }),
    );
  });

  test("batches hold the examples in order, each within the capacity", () => {
    fc.assert(
      fc.property(someExamples, fc.nat(10), (examples, extra) => {
        const sizes = examples.map(sizeOf);
        const most = (key: "tokens" | "scored" | "options") =>
          Math.max(...sizes.map((size) => size[key])) + extra;
        const capacity = {
          tokens: most("tokens"),
          scored: most("scored"),
          options: most("options"),
          examples: 2,
        };
        const batches = packAll(examples, capacity);
        for (const batch of batches) {
          expect(batch.tokens).toBeLessThanOrEqual(capacity.tokens);
          expect(batch.examples).toBeLessThanOrEqual(2);
        }
        const targets = batches.flatMap(({ scoredTokens: scoredRows }) =>
          [...scoredRows].filter((_, i) => i % 2),
        );
        const expected = examples.flatMap(({ options }) =>
          options.flatMap(({ ids, optionLength }) => ids.slice(ids.length - optionLength)),
        );
        expect(targets).toEqual(expected);
      }),
    );
  });
});

test("two one-word options of a prompt of five tokens take five rows, and one row scores both", () => {
  const one = example([option([2, 5, 6, 7, 8, 10], 1), option([2, 5, 6, 7, 8, 11], 1)]);
  const batch = packAll([one], sizeOf(one))[0]!;
  expect(batch.tokens).toBe(5);
  expect([...batch.scoredTokens]).toEqual([4, 10, 4, 11]);
});

test("options that differ in length keep rows of their own after the prompt", () => {
  const one = example([option([2, 5, 10, 12], 2), option([2, 5, 11], 1)]);
  const batch = packAll([one], sizeOf(one))[0]!;
  expect(Array.from({ length: batch.tokens }, (_, row) => rowAt(batch, row).id)).toEqual([
    2, 5, 10,
  ]);
  expect([...batch.scoredTokens]).toEqual([1, 10, 2, 12, 1, 11]);
});

test("no examples give no batches", () => {
  expect(packAll([], sizeOfAll([]))).toEqual([]);
});

test("an example beyond the capacity is refused with its row, counted from 1", () => {
  const one = example([option([2, 5, 6, 7], 1)], 0, 7);
  expect(() => packAll([one], { tokens: 2, scored: 9, options: 9, examples: 9 })).toThrow(
    "Row 8 takes 3 tokens of 2.",
  );
});
