import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeRefusal } from "./nodeVersion.mjs";
import { root } from "./paths.mjs";

const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const range: string = read("package.json").engines.node;

test.each([
  ["20.18.3", false],
  ["20.19.0", true],
  ["20.20.2", true],
  ["21.7.3", false],
  ["22.11.0", false],
  ["22.12.0", true],
  ["23.0.0", true],
  ["24.1.0-nightly20250101", true],
  ["18.20.8", false],
])("Node %s can run this: %s", (version, can) => {
  expect(nodeRefusal(version, range) === null).toBe(can);
});

test("an unsupported Node is reported with the versions that work", () => {
  expect(nodeRefusal("22.5.1", range)).toBe(
    "This is Node 22.5.1; Zeroth needs 20.19.0 or a later 20, or 22.12.0 or newer. " +
      "Nothing was installed or started: get a newer one from https://nodejs.org and run this again.",
  );
});

test("no more is promised than the tools that build the page ask for", () => {
  const { packages } = read("package-lock.json");
  for (const name of ["vite", "rolldown", "@vitejs/plugin-react"]) {
    expect(packages[`node_modules/${name}`].engines.node, name).toBe(range);
  }
  expect(packages[""].engines.node).toBe(range);
});
