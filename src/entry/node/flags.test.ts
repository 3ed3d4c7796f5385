import { expect, test } from "vitest";
import { commonSettings } from "#zo/commonSettings.ts";
import { methods } from "#zo/methods/index.ts";
import { readArguments, settingsFrom } from "./flags.ts";

const settingsOf = (...args: readonly string[]) => settingsFrom(readArguments(args));

const described = methods.flatMap(({ description: { id, settings } }) =>
  [...commonSettings, ...settings].map((setting) => [setting.flag, id, setting] as const),
);

test.each(described)("--%s of %s takes its own default back", (flag, id, setting) => {
  const settings = settingsOf("--method", id, `--${flag}`, String(setting.default));
  expect(settings[setting.key]).toBe(setting.default);
});

test("a setting that is text is taken as it stands, also where it looks like a number", () => {
  const trained = (pattern: string) =>
    settingsOf("--trainable", "named", "--trainable-pattern", pattern)["trainablePattern"];
  expect(trained("*.fc1.*, *.fc2.*")).toBe("*.fc1.*, *.fc2.*");
  expect(trained("07")).toBe("07");
});

test("a setting that holds or not is true or false, and any other word is refused", () => {
  const pauses = (text: string) => settingsOf("--pause-on-blow-up", text)["pauseOnBlowUp"];
  expect([pauses("true"), pauses("false")]).toEqual([true, false]);
  for (const text of ["yes", "True", "1", ""]) {
    expect(() => pauses(text)).toThrow(
      `--pause-on-blow-up is "${text}"; it should be true or false.`,
    );
  }
});
