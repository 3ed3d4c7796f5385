import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commonDescriptions, methods } from "./index.ts";

/** Published results name the methods of papers. */
const allowed = ["src/state/run/publishedNumbers.ts"];
const common = new Set(commonDescriptions.map(({ key }) => key));
const own = methods
  .flatMap(({ description }) => description.settings.map(({ key }) => key))
  .filter((key) => !common.has(key));
const names = methods.flatMap(({ description: { id, name } }) => [id, name]);

test("no code outside src/zo reads a method's own setting or knows a method by name", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .map((file) => `src/${file.replaceAll("\\", "/")}`)
    .filter((file) => /\.tsx?$/.test(file))
    .filter(
      (file) =>
        !/^src\/(zo|bench)\/|\.test\.tsx?$|\/testing\//.test(file) && !allowed.includes(file),
    );
  expect(files.length).toBeGreaterThan(200);
  const keys = own.join("|");
  // "snapshot" and "sparsity" are also the names of other things; keys of two words are not.
  const longKeys = own.filter((key) => /[A-Z]/.test(key)).join("|");
  const settingKey = new RegExp(
    `[sS]ettings\\??\\.(${keys})\\b|[sS]ettings(\\?\\.)?\\["(${keys})"|"(${longKeys})"`,
  );
  const methodName = new RegExp(`"(${names.join("|")})"`);
  const found = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => settingKey.test(line) || methodName.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
