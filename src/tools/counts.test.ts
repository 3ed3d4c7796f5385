import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  playwrightCounts,
  playwrightTimes,
  slowestLines,
  summaryLine,
  vitestCounts,
  vitestTimes,
} from "./counts.mjs";

const folder = mkdtempSync(join(tmpdir(), "counts-"));
afterAll(() => rmSync(folder, { recursive: true }));

function report(content: object): string {
  const path = join(folder, "report.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test("a test file that could not be loaded counts as a failed test", () => {
  const path = report({
    numPassedTests: 3,
    numFailedTests: 1,
    numPendingTests: 1,
    numTodoTests: 1,
    testResults: [
      { status: "passed", assertionResults: [{ status: "passed" }] },
      { status: "failed", assertionResults: [{ status: "failed" }] },
      { status: "failed", assertionResults: [] },
    ],
  });
  expect(vitestCounts(path)).toEqual({ passed: 3, failed: 2, skipped: 2 });
});

test("an error outside every end-to-end test counts as a failed test", () => {
  const path = report({
    stats: { expected: 2, unexpected: 1, flaky: 1, skipped: 3 },
    errors: [{ message: "no web server" }],
  });
  expect(playwrightCounts(path)).toEqual({ passed: 3, failed: 2, skipped: 3 });
});

test("the closing line sums all runners", () => {
  const one = { passed: 2, failed: 0, skipped: 0 };
  expect(summaryLine([one, one])).toBe("4 passed, 0 failed");
  expect(summaryLine([one, { passed: 1, failed: 1, skipped: 2 }])).toBe(
    "3 passed, 1 failed, 2 skipped",
  );
});

test("the ten slowest tests of both runners are listed, the slowest first", () => {
  const vitest = report({
    testResults: [
      {
        name: "/checkout/src/gpu/one.test.ts",
        assertionResults: [
          { fullName: "group slow", duration: 61_250 },
          { fullName: "skipped", duration: null },
        ],
      },
    ],
  });
  expect(vitestTimes(vitest)).toEqual([{ name: "one.test.ts: group slow", ms: 61_250 }]);
  const spec = (title: string, duration: number) => ({
    title,
    file: "hub.spec.ts",
    tests: [{ results: [{ duration }] }],
  });
  const playwright = report({
    suites: [{ specs: [spec("a", 3000)], suites: [{ specs: [spec("b", 90_000)] }] }],
  });
  const times = playwrightTimes(playwright);
  expect(times).toEqual([
    { name: "hub.spec.ts: b", ms: 90_000 },
    { name: "hub.spec.ts: a", ms: 3000 },
  ]);
  const quick = Array.from({ length: 10 }, (_, i) => ({ name: `quick ${i}`, ms: i }));
  const lines = slowestLines([...quick, ...times]);
  expect(lines).toHaveLength(10);
  expect(lines.slice(0, 2)).toEqual(["  90.0 s  hub.spec.ts: b", "   3.0 s  hub.spec.ts: a"]);
});
