import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./paths.mjs";

// A checkout that breaks every rule once, with a copy of the check.
const checkout = mkdtempSync(join(tmpdir(), "import-rules-"));
const copied = ["package.json", "tsconfig.json", "src/folders.mjs", "src/tools/paths.mjs"];
const check = ["src/tools/importRules.mjs", "src/tools/importRules.cjs"];
const files = {
  "e2e/visit.ts": "export const visit = 1;",
  "src/attic/lost.ts": "export const lost = 1;",
  "src/entry/main.ts": "export const main = 1;",
  "src/gpu/alias.ts": 'import type { Draw } from "#zo/draw.ts"; export type A = Draw;',
  "src/model/page.ts": 'import { useState } from "react"; export const use = useState;',
  "src/model/disk.ts": 'import { readFile } from "node:fs/promises"; export const r = readFile;',
  "src/model/dawn.ts": 'import { create } from "webgpu"; export const c = create;',
  "src/model/keep.ts": 'import { get } from "idb-keyval"; export const g = get;',
  "src/model/gone.ts": 'export * from "./nowhere.ts";',
  "src/model/allowed.ts": 'export { draw } from "#zo/draw.ts"; export { z } from "zod";',
  "src/state/main.ts": 'export { main } from "../entry/main.ts";',
  "src/storage/keep.ts": 'export { get } from "idb-keyval";',
  "src/ui/lazy.ts": 'export const lazy = () => import("../gpu/alias.ts");',
  "src/zo/draw.ts": "export type Draw = number; export const draw: Draw = 1;",
  "src/zo/draw.test.ts": 'export { alias } from "#gpu/alias.ts";',
  "src/zo/round.ts": 'import { trip } from "./trip.ts"; export const round: number = trip;',
  "src/zo/trip.ts": 'import { round } from "./round.ts"; export const trip: number = round;',
  "src/zo/shortcut.ts": 'export { double } from "./testing/double.ts";',
  "src/zo/testing/double.ts": "export const double = 1;",
};

let output: string[] = [];
let status: number | null = null;

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
  }
  for (const path of [...copied, ...check]) cpSync(join(root, path), join(checkout, path));
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"), "junction");
  const program = join(checkout, "src/tools/importRules.mjs");
  const result = spawnSync(process.execPath, [program], { encoding: "utf8" });
  output = result.stderr.trim().split("\n");
  status = result.status;
}, 60_000);

afterAll(() => rmSync(checkout, { recursive: true }));

test.each([
  ["gpu imports only: base", "src/gpu/alias.ts -> src/zo/draw.ts"],
  ["ui imports only: base, zo, data, run, session, state", "src/ui/lazy.ts -> src/gpu/alias.ts"],
  ["ui imports only types of the engine", "src/ui/lazy.ts -> src/gpu/alias.ts"],
  ["state imports only: base, zo, data, run, session", "src/state/main.ts -> src/entry/main.ts"],
  ["the engine imports no package of the page", "src/model/page.ts -> "],
  ["the engine imports nothing of Node", "src/model/disk.ts -> fs/promises"],
  ["the engine receives its GPU and does not import Dawn", "src/model/dawn.ts -> "],
  ["only storage and state import idb-keyval", "src/model/keep.ts -> "],
  ["only tests import files for testing", "src/zo/shortcut.ts -> src/zo/testing/double.ts"],
  ["no cycles", "src/zo/round.ts -> src/zo/trip.ts -> src/zo/round.ts"],
  ["every import resolves", "src/model/gone.ts -> ./nowhere.ts"],
])("reports a violation of '%s': %s", (rule, path) => {
  expect(output.filter((line) => line.startsWith(`${rule}: ${path}`))).toHaveLength(1);
  expect(status).toBe(1);
});

test("reports a folder without a row in the table", () => {
  expect(output).toContain("src/attic/ has no row in src/folders.mjs");
});

test("accepts imports of tests and allowed imports", () => {
  const reported = output.join("\n");
  expect(reported).not.toMatch(/draw\.test\.ts|allowed\.ts|storage\/keep\.ts/);
  expect(output.at(-1)).toMatch(/^\d+ modules, 12 problems$/);
});
