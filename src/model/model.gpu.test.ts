import { beforeAll, describe, expect, test } from "vitest";
import { encodedTexts, expectedScores, fixtureNames, openFixture } from "./testing/fixture.ts";
import { type Comparison, type ModelReport, modelReport } from "./testing/modelReport.ts";

let report: ModelReport;
beforeAll(async () => {
  report = await modelReport();
});

/** A sum of ten to a hundred log-probabilities in f32 is accurate to 1e-5 of its magnitude. */
function expectClose({ expected, actual }: Comparison): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / Math.abs(expected[i]!);
    expect(error, `${value} for ${expected[i]}`).toBeLessThan(1e-5);
  });
}

test.each(fixtureNames)("the texts have as many tokens for %s as in PyTorch", async (name) => {
  const texts = encodedTexts(await openFixture(name));
  const counts = texts.map(({ options }) => options[0]!.optionLength);
  expect(counts).toEqual(expectedScores(name).map(({ tokens }) => tokens));
});

describe.each(fixtureNames)("%s", (name) => {
  test.each(["", " sharded"])("scores texts like PyTorch, with every kernel%s", (suffix) => {
    const expected = expectedScores(name).map(({ nll }) => nll);
    expect(report.linears.length).toBeGreaterThan(0);
    for (const linear of report.linears) {
      expectClose({ expected, actual: report.scores[`${name} ${linear}${suffix}`]! });
    }
  });

  test("gives the same bits with each kernel for matrix products", () => {
    const [first, ...others] = report.linears.map((linear) => report.scores[`${name} ${linear}`]);
    for (const other of others) expect(other).toEqual(first);
  });
});

test("models of odd shapes score options like the plain forward pass", () => {
  for (const comparison of Object.values(report.oddScores)) expectClose(comparison);
  expect(Object.keys(report.oddScores).length).toBe(4 * report.linears.length);
});

test("the two losses of a probe are those of weights perturbed both ways", () => {
  for (const comparison of Object.values(report.probes)) {
    const { expected, actual } = comparison;
    expectClose(comparison);
    const slope = expected[0]! - expected[1]!;
    // Far more than the error of each loss, so that the sign is no coincidence.
    expect(Math.abs(slope)).toBeGreaterThan(1e-3);
    expect(Math.abs(actual[0]! - actual[1]! - slope)).toBeLessThan(1e-4);
  }
  expect(Object.keys(report.probes).length).toBe(4);
});

test("weights read back have the bits that were loaded, updated or restored", () => {
  const { wrongBytes } = report;
  expect(Object.keys(wrongBytes).length).toBe(8);
  expect(wrongBytes).toEqual(Object.fromEntries(Object.keys(wrongBytes).map((key) => [key, 0])));
});

test("a second pass of the same shape creates no bind group", () => {
  expect(report.newBindings).toBe(0);
});
