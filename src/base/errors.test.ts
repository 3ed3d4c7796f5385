import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCauses } from "./errors.ts";

test("every error code has a cause of its own, and something that throws it", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => /(?<!\.test)\.tsx?$/.test(path) && !path.endsWith("base/errors.ts"))
    .map((path) => readFileSync(`src/${path}`, "utf8"))
    .join("\n");
  // The device and storage errors have classes of their own in errors.ts.
  const byClass = ["E-GPU-6", "E-STORE-2"];
  const unused = Object.keys(errorCauses).filter(
    (code) => !byClass.includes(code) && !sources.includes(`"${code}"`),
  );
  expect(unused).toEqual([]);
  expect(new Set(Object.values(errorCauses)).size).toBe(Object.keys(errorCauses).length);
});

test("docs/errors.md lists every error code with its cause and what to do", () => {
  const rows = readFileSync("docs/errors.md", "utf8").matchAll(
    /^\| (E-[A-Z]+-\d+) +\| (.+?) +\| (\S.*?) +\|$/gm,
  );
  const documented = [...rows].map(([, code, cause]) => [code, cause]);
  expect(documented).toEqual(Object.entries(errorCauses));
});
