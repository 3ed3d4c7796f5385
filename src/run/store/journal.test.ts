import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBlock,
  decodeJournal,
  encodeBlock,
  type JournalStep,
  NOT_FINITE,
  noBlockBefore,
  noTotals,
  toStepRecords,
} from "./journal.ts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const f32 = fc.float();
/** Any bit patterns at all, NaN payloads among them. */
const f32Bits = fc
  .array(u32, { maxLength: 5 })
  .map((words) => new Float32Array(Uint32Array.from(words).buffer));
const anyStep: fc.Arbitrary<JournalStep> = fc.record(
  {
    step: u32,
    flags: u32,
    lossPlus: f32,
    lossMinus: f32,
    projectedGrad: f32,
    learningRate: fc.double(),
    tokens: u32,
    forwardPasses: u32,
    milliseconds: f32,
    coefficients: f32Bits,
    extra: f32Bits.filter((list) => list.length > 0),
  },
  { requiredKeys: requiredKeys() },
);

function requiredKeys() {
  return [
    "step",
    "flags",
    "lossPlus",
    "lossMinus",
    "projectedGrad",
    "learningRate",
    "tokens",
    "forwardPasses",
    "milliseconds",
    "coefficients",
  ] as const satisfies (keyof JournalStep)[];
}

function plainStep(step: number): JournalStep {
  return {
    step,
    flags: 0,
    lossPlus: Math.fround(0.7 - step * 1e-5),
    lossMinus: Math.fround(0.69),
    projectedGrad: Math.fround(Math.sin(step)),
    learningRate: 1e-6,
    tokens: 512,
    forwardPasses: 2,
    milliseconds: Math.fround(17.3),
    coefficients: Float32Array.of(Math.cos(step) * 1e-6),
  };
}

function chain(stepCount: number, stepsPerBlock: number): Uint8Array<ArrayBuffer>[] {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  let previousHash = noBlockBefore;
  for (let first = 1; first <= stepCount; first += stepsPerBlock) {
    const count = Math.min(stepsPerBlock, stepCount - first + 1);
    const block = encodeBlock(
      Array.from({ length: count }, (_, i) => plainStep(first + i)),
      previousHash,
    );
    const decoded = decodeBlock(block);
    if (typeof decoded === "string") throw new Error(decoded);
    previousHash = decoded.hash;
    blocks.push(block);
  }
  return blocks;
}

const bits = (list: Float32Array | undefined) =>
  list && [...new Uint8Array(list.buffer, list.byteOffset, list.byteLength)];

describe("a block of the journal", () => {
  test("reads back to the bit, whatever was in it", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 6 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(3),
        (steps, previousHash, shift) => {
          const encoded = encodeBlock(steps, previousHash);
          const moved = new Uint8Array(encoded.length + shift);
          moved.set(encoded, shift);
          const block = decodeBlock(moved.subarray(shift));
          if (typeof block === "string") throw new Error(block);
          expect([...block.previousHash]).toEqual([...previousHash]);
          expect(block.steps.length).toBe(steps.length);
          for (const [i, step] of steps.entries()) {
            const { coefficients, extra, ...scalars } = step;
            const { coefficients: gotCoefficients, extra: gotExtra, ...got } = block.steps[i]!;
            expect(got).toStrictEqual(scalars);
            expect(bits(gotCoefficients)).toEqual(bits(coefficients));
            expect(bits(gotExtra)).toEqual(bits(extra));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("is refused with any single bit flipped", () => {
    const [block] = chain(3, 3);
    for (let bit = 0; bit < block!.length * 8; bit++) {
      const damaged = block!.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeBlock(damaged)).toBeTypeOf("string");
    }
  });

  test("is refused at any other length", () => {
    const [block] = chain(2, 2);
    for (let length = 0; length < block!.length; length++) {
      expect(decodeBlock(block!.slice(0, length))).toBeTypeOf("string");
    }
    expect(decodeBlock(new Uint8Array([...block!, 0]))).toMatch(/of \d+ bytes/);
  });

  test("never makes the reader throw, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeBlock(bytes)).toBeTypeOf("string");
      }),
    );
  });

  test("with a count that does not fit its field is not written", () => {
    expect(() => encodeBlock([{ ...plainStep(1), tokens: -1 }], noBlockBefore)).toThrow(/tokens/);
    expect(() => encodeBlock([{ ...plainStep(1), step: 1.5 }], noBlockBefore)).toThrow(/step/);
  });
});

describe("a journal", () => {
  test("of 20,000 steps is read in well under a second", () => {
    const blocks = chain(20_000, 256);
    const startMs = performance.now();
    const journal = decodeJournal(blocks);
    // About 30 ms when nothing else runs; the bound leaves room for a busy machine.
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect(journal.problem).toBeUndefined();
    expect(journal.steps.at(-1)).toEqual(plainStep(20_000));
  });

  test("is cut at the first damaged block, and says where", () => {
    const blocks = chain(10, 3);
    blocks[2]![60]! ^= 1;
    const journal = decodeJournal(blocks);
    expect(journal.steps.length).toBe(6);
    expect(journal.goodBlocks).toBe(2);
    expect(journal.problem).toBe(
      "The journal is cut after step 6: block 3 cannot be used (its checksum does not match).",
    );
  });

  test("is cut where a block is missing, even if later ones are whole", () => {
    const blocks = chain(10, 3);
    expect(decodeJournal(blocks.with(1, new Uint8Array(0))).steps.length).toBe(3);
    expect(decodeJournal([blocks[0], undefined, blocks[2]]).problem).toMatch(/it is missing/);
    expect(decodeJournal([blocks[0], blocks[2], blocks[3]]).problem).toMatch(
      /does not follow the block before/,
    );
  });

  test("is cut where a block of another chain stands in", () => {
    const other = encodeBlock([plainStep(4)], new Uint8Array(32).fill(1));
    const journal = decodeJournal([...chain(3, 3), other]);
    expect(journal.steps.length).toBe(3);
    expect(journal.problem).toMatch(/does not follow/);
  });

  test("is cut where step numbers leave a gap", () => {
    const gap = encodeBlock([plainStep(1), plainStep(3)], noBlockBefore);
    expect(decodeJournal([gap]).problem).toMatch(/holds step 3 in the place of 2/);
  });

  test("without blocks is a run that has not begun", () => {
    expect(decodeJournal([])).toMatchObject({ steps: [], goodBlocks: 0 });
  });
});

describe("step records", () => {
  test("carry forward passes, tokens and seconds since the run began", () => {
    const records = toStepRecords([plainStep(11), plainStep(12)], {
      forwardPasses: 20,
      tokens: 5120,
      seconds: 1.5,
    });
    expect(records[1]).toMatchObject({ step: 12, forwardPasses: 24, tokens: 6144 });
    expect(records[1]?.seconds).toBeCloseTo(1.5346, 6);
    expect(records[0]?.loss).toBe((plainStep(11).lossPlus + plainStep(11).lossMinus) / 2);
  });

  test("are the same whether taken at once or in parts", () => {
    const steps = Array.from({ length: 50 }, (_, i) => plainStep(i + 1));
    const whole = toStepRecords(steps);
    const first = toStepRecords(steps.slice(0, 20));
    const rest = toStepRecords(steps.slice(20), first.at(-1));
    expect([...first, ...rest]).toEqual(whole);
  });

  test("mark a step whose loss was not a number", () => {
    const step = { ...plainStep(1), flags: NOT_FINITE, lossPlus: Number.NaN };
    expect(toStepRecords([step])[0]).toMatchObject({ notFinite: true, loss: Number.NaN });
    expect(toStepRecords([plainStep(1)])[0]).not.toHaveProperty("notFinite");
  });

  test("show what a method tells of itself", () => {
    const step = { ...plainStep(1), extra: Float32Array.of(0.5, 3) };
    const shown = toStepRecords([step], noTotals, ({ extra }) => ({
      mask_density: extra?.[0] ?? 0,
    }));
    expect(shown[0]?.extra).toEqual({ mask_density: 0.5 });
    expect(toStepRecords([step])[0]).not.toHaveProperty("extra");
  });
});
