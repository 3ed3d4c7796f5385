import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { expectedScores, fixtureNames } from "./testing/fixture.ts";
import { type HalvesReport, halvesReport } from "./testing/halvesReport.ts";

let report: HalvesReport;
beforeAll(async () => {
  report = await halvesReport();
});

const replayFile = "../../test/fixtures/opt-tiny-pre-ln/expected.replay.f16.json";
/** python src/tools/f16_mezo.py: numpy, which searches the two halves next to a weight. */
const expectedReplay = JSON.parse(readFileSync(new URL(replayFile, import.meta.url), "utf8"));

describe("weights stored as f16", () => {
  test.each(fixtureNames)("score the texts of %s within 2e-3 nats per token of f32", (name) => {
    const expected = expectedScores(name);
    const actual = report.scores[name]!;
    expect(actual.length).toBe(expected.length);
    for (const [i, { tokens, nll }] of expected.entries()) {
      expect(Math.abs(actual[i]! - nll) / Math.max(1, tokens)).toBeLessThan(2e-3);
    }
  });

  test("are those of a file of 16-bit floats, and differ from those of a file of f32", () => {
    const errorOf = (name: (typeof fixtureNames)[number]) => {
      const errors = expectedScores(name).map(({ nll }, i) => {
        return Math.abs(report.scores[name]![i]! - nll) / nll;
      });
      return Math.max(...errors);
    };
    // Another order of summation changes about 1e-7, rounding the weights much more.
    expect(errorOf("opt-tiny-real-vocab")).toBeLessThan(3e-6);
    expect(errorOf("opt-tiny-pre-ln")).toBeGreaterThan(1e-5);
  });

  test("score like the plain forward pass over the nearest halves", () => {
    const comparisons = Object.values(report.oddScores);
    expect(comparisons.length).toBe(3);
    for (const { expected, actual } of comparisons) {
      expect(actual.length).toBe(expected.length);
      actual.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * Math.abs(expected[i]!));
      });
    }
  });

  test("score the same with kernels that read them directly as with widened weights", () => {
    const comparisons = Object.values(report.packed);
    // Kernels without optional features run everywhere.
    expect(Object.keys(report.packed)).toContain("linear_shared_packed");
    for (const { expected, actual, dispatchesSaved } of comparisons) {
      expect(dispatchesSaved).toBeGreaterThan(0);
      actual.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * Math.abs(expected[i]!));
      });
    }
  });

  test("generate text with the probabilities they score it with", () => {
    const { expected, actual } = report.written;
    expect(actual.length).toBe(3);
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * Math.abs(expected[i]!));
    });
  });

  test("after given steps have the bits that numpy computes, however many steps are in one pass", () => {
    const wanted = expectedReplay.weights_sha256;
    expect(report.replayed).toEqual({ 12: wanted, 5: wanted, 1: wanted });
  });

  test("can be restored from pieces cut anywhere, and from f32 with values of halves", () => {
    const pairs = Object.values(report.restored);
    expect(pairs.length).toBe(3);
    for (const [found, wanted] of pairs) expect(found).toBe(wanted);
  });

  test("take half the memory, except for the few vectors", () => {
    const [floats, halves] = report.weightBytes;
    expect(halves / floats).toBeGreaterThan(0.5);
    expect(halves / floats).toBeLessThan(0.51);
  });
});
