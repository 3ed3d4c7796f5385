import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "examples/README.md",
  ...readdirSync("docs").map((name) => `docs/${name}`),
];

test.each(pages)("every file that %s links to exists", (page) => {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)];
  const missing = links
    .map(([, target = ""]) => target)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => !existsSync(join(dirname(page), target)));
  expect(missing).toEqual([]);
});

test("the README has at most 8,000 characters", () => {
  expect(readFileSync("README.md", "utf8").length).toBeLessThanOrEqual(8000);
});
