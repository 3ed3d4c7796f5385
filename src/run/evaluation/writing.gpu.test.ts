import { beforeAll, describe, expect, test } from "vitest";
import { fixtureNames } from "#model/testing/fixture.ts";
import { drivers, reportOf } from "#reference/testing/drivers.ts";
import { expectedAnswers, expectedWriting } from "../testing/expectedWriting.ts";
import type { WritingReport } from "../testing/writingReport.ts";

const ways = ["side by side", "one by one", "two slots and small passes", "sharded"];
const reports = new Map<string, WritingReport>();

beforeAll(async () => {
  for (const [i, driver] of drivers.entries()) {
    // The second one, SwiftShader as a rule, takes six times as long: one way has to do.
    const env = { ...driver.env, ...(i > 0 ? { ZEROTH_WRITING: ways[0] } : {}) };
    const report = await reportOf({ ...driver, env }, "src/run/testing/writingReport.ts");
    reports.set(driver.name, report as WritingReport);
  }
}, 300_000 * Math.max(1, drivers.length)); // some ten seconds each where nothing else runs

describe.each(drivers.map(({ name }, i) => [name, i] as const))("on %s", (driver, i) => {
  const report = () => reports.get(driver)!;

  describe.each(fixtureNames)("%s", (name) => {
    test.each(i > 0 ? ways.slice(0, 1) : ways)(
      "writes greedily what transformers writes, %s",
      (way) => {
        const written = report().written[`${name}, ${way}`]!;
        const expected = expectedWriting(name);
        expect(written.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids));
        expect(written.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
        expect(written.map(({ ending }) => ending)).toEqual(expected.map(() => "length"));
      },
    );

    test("holds a text as likely a token at a time as in one pass over the whole", () => {
      const [cached, whole] = [report().cached[name]!, report().whole[name]!];
      expect(cached.length).toBe(expectedWriting(name).length);
      // Sums of 24 logs of probabilities in f32: 1e-5 of their size.
      cached.forEach((nll, i) => {
        expect(Math.abs(nll / whole[i]! - 1), `${nll} for ${whole[i]}`).toBeLessThan(1e-5);
      });
    });
  });

  test("rows of SQuAD are answered and judged as MeZO's code does with transformers", () => {
    const { written, f1, accuracy, n } = report().evaluation;
    const expected = expectedAnswers();
    expect(written!.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    expect(written!.map(({ isExact }) => isExact)).toEqual(expected.map(({ isExact }) => isExact));
    written!.forEach((answer, row) => {
      expect(answer.f1).toBeCloseTo(expected[row]!.f1, 12);
    });
    const mean = expected.reduce((sum, answer) => sum + answer.f1, 0) / expected.length;
    expect(f1).toBeCloseTo(mean, 12);
    expect(accuracy).toBe(1 / expected.length);
    expect(n).toBe(expected.length);
  });

  test("the cache is counted while there is one, and freed with its writer", () => {
    const [during, after] = report().cacheBytes;
    // The last fixture's: 5 slots of 100 positions, 2 blocks, keys and values of 32 numbers; logits of 5 rows.
    expect(during).toBe(5 * 100 * 2 * 64 * 4 + 5 * 50272 * 4);
    expect(after).toBe(0);
  });
});
