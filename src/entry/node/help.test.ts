import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allSettings } from "#zo/methods/index.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";
import { commandHelp, flagHelp, helpOf, overview } from "./help.ts";

const names = Object.keys(commandFlags) as CommandName[];
const settingFlags = new Set(allSettings().map(({ flag }) => flag));

test.each(names)("%s --help describes every flag that the command reads", (name) => {
  const { flags, ofRun = [] } = commandFlags[name];
  const text = helpOf(name);
  for (const flag of [...flags, ...ofRun]) {
    expect(text).toMatch(new RegExp(`^  --${flag}( |$)`, "m"));
    const isSetting = name === "train" && settingFlags.has(flag);
    if (!isSetting) expect(flagHelp[flag]?.[1] ?? "", flag).not.toBe("");
  }
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
});

test("zeroth --help lists every command", () => {
  for (const name of names) expect(overview()).toContain(`  ${commandHelp[name].usage[0]}`);
});

test("docs/cli.md shows every command and every flag that is not a setting", () => {
  const page = readFileSync("docs/cli.md", "utf8");
  for (const name of names) expect(page).toContain(`## ${name}\n`);
  for (const flag of Object.keys(flagHelp)) expect(page).toContain(`--${flag}`);
});
