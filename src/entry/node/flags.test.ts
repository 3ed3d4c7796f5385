import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { commonDescriptions, methods } from "#zo/methods/index.ts";
import type { SettingValues } from "#zo/settings.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";
import { readArguments, settingsFrom } from "./flags.ts";
import { runCommand } from "./main.ts";

const settingsOf = (...args: readonly string[]) => settingsFrom(readArguments("train", args));

const described = methods.flatMap(({ description: { id, settings } }) =>
  [...commonDescriptions, ...settings].map((setting) => [setting.flag, id, setting] as const),
);

test.each(described)("--%s of %s accepts its own default", (flag, id, setting) => {
  const settings: SettingValues = settingsOf("--method", id, `--${flag}`, String(setting.default));
  expect(settings[setting.key]).toBe(setting.default);
});

test("a text setting is taken unchanged, even if it looks like a number", () => {
  const trained = (pattern: string) =>
    settingsOf("--trainable", "named", "--trainable-pattern", pattern)["trainablePattern"];
  expect(trained("*.fc1.*, *.fc2.*")).toBe("*.fc1.*, *.fc2.*");
  expect(trained("07")).toBe("07");
});

test("a boolean setting is true or false, and any other value is rejected", () => {
  const pauses = (text: string) => settingsOf("--pause-on-blow-up", text)["pauseOnBlowUp"];
  expect([pauses("true"), pauses("false")]).toEqual([true, false]);
  for (const text of ["yes", "True", "1", ""]) {
    expect(() => pauses(text)).toThrow(
      `--pause-on-blow-up is "${text}"; it should be true or false.`,
    );
  }
});

const RUN = mkdtempSync(join(tmpdir(), "zeroth-flags-"));
mkdirSync(join(RUN, "runs"));
afterAll(() => rmSync(RUN, { recursive: true }));

/** What a command that fails says. */
async function refusalOf(...args: readonly string[]): Promise<string> {
  let said = "";
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  try {
    expect(await runCommand(args)).toBe(1);
  } finally {
    write.mockRestore();
  }
  return said.trimEnd();
}

describe("a flag that a command does not read is rejected before anything is opened", () => {
  // None of these folders and files is there: opening one would be refused in other words.
  test.each([
    ["score", "--template {x}", ["score", "gone", "gone.jsonl"]],
    ["train", "--step 20", ["train", "gone", "gone.jsonl"]],
    ["train", "--examples gone.jsonl", ["train", "gone", "gone.jsonl"]],
    ["train", "--greedy", ["train", "gone", "gone.jsonl"]],
    ["eval MODEL", "--batch-size 4", ["eval", "gone", "gone.jsonl"]],
    ["eval MODEL", "--step best", ["eval", "gone", "gone.jsonl"]],
    ["eval RUN", "--dtype f16", ["eval", RUN]],
    ["eval RUN", "--task SST2", ["eval", RUN]],
    ["eval RUN", "--head", ["eval", RUN]],
    ["write MODEL", "--step 3", ["write", "gone", "--prompt", "a"]],
    ["write MODEL", "--max-length 9", ["write", "gone", "--prompt", "a"]],
    ["write RUN", "--bos 0", ["write", RUN, "--prompt", "a"]],
    ["replay", "--step 3", ["replay", "gone"]],
    ["export", "--dtype f16", ["export", "gone", "out"]],
    ["bundle", "--name first", ["bundle", "gone", "out.zip"]],
    ["verify", "--dtype f16", ["verify", "gone"]],
    ["info", "--linear tiled", ["info"]],
    ["train", "--no-greedy", ["train", "gone", "gone.jsonl"]],
    ["train", "-n first", ["train", "gone", "gone.jsonl"]],
  ])("%s %s", async (words, flag, args) => {
    const [name] = flag.split(" ");
    const said = await refusalOf(...args, ...flag.split(" "));
    expect(said).toMatch(
      new RegExp(`^${words}( \\(.*\\))? does not read ${name}, and nothing was`),
    );
    expect(said.split("\n").length).toBe(1);
  });

  test("with the name of a similar flag, or a list of all", async () => {
    expect(await refusalOf("train", "gone", "gone.jsonl", "--step", "20")).toBe(
      "train does not read --step, and nothing was started. Did you mean --steps?",
    );
    expect(await refusalOf("eval", RUN, "--dtype", "f16")).toBe(
      `eval RUN ("${RUN}" is a run folder) does not read --dtype, and nothing was started. ` +
        "Leave it out; it reads --step, --linear, --examples.",
    );
    expect(await refusalOf("info", "--all")).toBe(
      "info does not read --all, and nothing was started. Leave it out.",
    );
  });
});

test.each([
  ["no value", ["--steps"], /^--steps has no value/],
  ["the next flag instead of a value", ["--steps", "--lr", "1"], /^--steps has no value/],
  ["a value after one that takes none", ["--head=false"], /^--head takes no value.*"false"/],
])("a flag with %s is rejected", async (_, flags, message) => {
  expect(await refusalOf("train", "gone", "gone.jsonl", ...flags)).toMatch(message);
});

test("a value that begins with a dash is accepted after an equals sign", () => {
  expect(readArguments("write", ["M", "--prompt=- one"]).flags["prompt"]).toBe("- one");
});

test("a seed is rejected if nothing is sampled", async () => {
  const said = await refusalOf("write", "gone", "--prompt", "a", "--seed", "7");
  expect(said).toMatch(/^--seed has no effect .* --temperature, --top-k or --top-p\.$/);
  expect(await refusalOf("write", "gone", "--prompt", "a", "--seed", "7", "--greedy")).toBe(
    "--greedy does not sample; leave out --seed.",
  );
  const sampled = await refusalOf("write", "gone", "--prompt", "a", "--seed", "7", "--top-k", "5");
  expect(sampled).toMatch(/no folder "gone"/);
});

test("every command in README.md and docs/cli.md is accepted, and docs/cli.md shows each one", () => {
  const pages = ["README.md", "docs/cli.md"].map((page) => readFileSync(page, "utf8"));
  const shown = pages
    .flatMap((page) => page.replaceAll("\\\n", " ").split("\n"))
    .flatMap(
      (line) => /(?:^|-- |`)(?:zeroth|npm run --silent zeroth --) ([^`]*)/.exec(line)?.[1] ?? [],
    )
    .map((line) => line.replace(/ # .*$/, "").match(/"[^"]*"|\S+/g) ?? [])
    .filter(([name = ""]) => /^[a-z]/.test(name));
  for (const [name = "", ...args] of shown) {
    expect(Object.keys(commandFlags)).toContain(name);
    const existing = args.map((arg) => (/^run$/i.test(arg) ? RUN : arg));
    if (!args.includes("--help")) readArguments(name as CommandName, existing);
  }
  const names = new Set(shown.map(([name]) => name));
  expect([...names].toSorted()).toEqual(Object.keys(commandFlags).toSorted());
});
