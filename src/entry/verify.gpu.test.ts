import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { drivers } from "../reference/testing/drivers.ts";
import { readValues } from "./node/verify/values.ts";
import { zeroth, zerothWell } from "./testing/commandLine.ts";

// Expected values: python src/tools/verify_values.py, transformers 5.18 in float32.
const [driver] = drivers;
const fixtures = ["opt-tiny-pre-ln", "opt-tiny-post-ln"].map((name) => `test/fixtures/${name}`);
const valuesOf = (model: string) => `${model}/expected.verify.json`;

const folder = mkdtempSync(join(tmpdir(), "zeroth-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.concurrent("verify", () => {
  test.each(fixtures)("%s agrees with transformers in every check", async (model) => {
    const { lines } = await zerothWell(driver!, "verify", model, "--against", valuesOf(model));
    const { checks, notChecked } = readValues(valuesOf(model)).models[0]!;
    expect(lines.slice(0, checks.length).map(({ name, ok }) => [name, ok])).toEqual(
      checks.map(({ name }) => [name, true]),
    );
    const padding = lines.find((line) => "left_out" in line);
    expect(padding).toMatchObject({ left_out: expect.stringMatching(/^9 positions of padding/) });
    expect(lines.at(-1)).toMatchObject({ verdict: "agrees", not_checked: notChecked.length });
  });

  test("a value that disagrees is named, and the command fails", async () => {
    const [model] = fixtures;
    const whole = readValues(valuesOf(model!));
    const checks = whole.models[0]!.checks.map((check) => {
      switch (check.kind) {
        case "parameters":
          return { ...check, expected: check.expected + 1 };
        case "loss":
          return { ...check, expected: check.expected + 1e-4 };
        case "hidden":
        case "logits mean":
          // One value of many.
          return { ...check, expected: damaged(check.expected) };
        case "tokens":
        case "greedy":
          return { ...check, expected: [...check.expected.slice(0, -1), 7] };
        default:
          return check satisfies never;
      }
    });
    const path = join(folder, "damaged.json");
    writeFileSync(path, JSON.stringify({ ...whole, models: [{ ...whole.models[0]!, checks }] }));
    const { code, stdout, stderr } = await zeroth(driver!, "verify", model!, "--against", path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/10 of 10 checks disagree \(first: number of parameters\)/);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.slice(0, 10).map(({ ok }) => ok)).toEqual(Array(10).fill(false));
    expect(lines.at(-1)).toMatchObject({ verdict: "disagrees", checks: 10, agreed: 0 });
  });

  test("a model without reference values is rejected with a list of known models", async () => {
    const { code, stderr } = await zeroth(driver!, "verify", fixtures[0]!);
    expect(code).toBe(1);
    expect(stderr).toMatch(/width 64 with 2 blocks.*facebook\/opt-125m, facebook\/opt-350m/);
  });
});

function damaged(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((row, i) => row.map((value, j) => (i === 0 && j === 2 ? value + 1e-3 : value)));
}

test("a file without reference values is rejected with the path of the fault", () => {
  const path = join(folder, "wrong.json");
  writeFileSync(path, readFileSync(valuesOf(fixtures[0]!), "utf8").replace('"loss"', '"lost"'));
  expect(() => readValues(path)).toThrow(/has no reference values \("models\.0\.checks\.1/);
});
