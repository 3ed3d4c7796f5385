import { beforeAll, describe, expect, test } from "vitest";
import { kernels, linearShared } from "#gpu/kernels.gen.ts";
import { drivers, reportOf } from "./testing/drivers.ts";
import { findTwins } from "./testing/findTwins.ts";
import type { KernelReport } from "./testing/kernelReport.ts";

const reports = new Map<string, KernelReport>();
const twins = await findTwins();

beforeAll(async () => {
  for (const driver of drivers) {
    const report = await reportOf(driver, "src/reference/testing/kernelReport.ts");
    reports.set(driver.name, report as KernelReport);
  }
}, 300_000 * Math.max(1, drivers.length)); // about ten seconds each if nothing else runs

test("there is a GPU to test on", () => {
  expect(drivers.length).toBeGreaterThan(0);
});

test("every kernel has a twin, and every twin a kernel", () => {
  const named = twins.map(({ card }) => card).sort();
  expect(named).toEqual(kernels.map(({ name }) => name).sort());
});

describe.each(drivers.map(({ name }) => name))("on %s", (driver) => {
  const report = () => reports.get(driver)!;

  test("a kernel is skipped only if it needs an optional feature", () => {
    const optional = kernels.filter(({ features }) => features.length > 0).map(({ name }) => name);
    expect(optional).toEqual(expect.arrayContaining([...report().skipped]));
    expect(report().skipped).not.toContain(linearShared.name);
  });

  test.for(kernels.map(({ name }) => name))("%s agrees with its twin", (card, { skip }) => {
    skip(report().skipped.includes(card), `${driver} lacks a feature that ${card} needs`);
    const twin = twins.find((candidate) => candidate.card === card)!;
    const outputs = report().outputs.filter((output) => output.card === card);
    expect(new Set(outputs.map((output) => output.case)).size).toBe(twin.cases().length);
    expect(outputs.filter(({ excess }) => excess > 1)).toEqual([]);
  });
});

test("exact outputs have the same bits on every driver, among them binomial and rademacher weights", () => {
  const hashes = drivers.map(({ name }) =>
    reports
      .get(name)!
      .outputs.filter(({ isExact }) => isExact)
      .map((output) => `${output.card}, ${output.case}, ${output.output}: ${output.hash}`),
  );
  for (const kind of ["binomial", "rademacher"]) {
    const weights = hashes[0]!.filter((line) => line.startsWith(`weight_pass, ${kind}`));
    expect(weights.length).toBeGreaterThan(30);
  }
  for (const other of hashes.slice(1)) expect(other).toEqual(hashes[0]);
});
