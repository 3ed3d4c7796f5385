import { describe, expect, test } from "vitest";
import { commonSettings } from "./commonSettings.ts";
import { methods } from "./methods/index.ts";
import { checkValue, methodOf, resolveSettings } from "./readSettings.ts";
import { choiceSetting, numberSetting } from "./settings.ts";

const descriptionOf = (key: string) => commonSettings.find((setting) => setting.key === key)!;
const refused = (sentence: string) =>
  expect.objectContaining({ code: "E-CFG-1", message: sentence });

describe("resolving a run's settings", () => {
  test("what is left out gets its default, and MeZO is the method", () => {
    const settings = resolveSettings({ learningRate: 2e-6 });
    expect(settings).toMatchObject({
      method: "mezo",
      learningRate: 2e-6,
      epsilon: 1e-3,
      noise: "binomial",
      directions: 1,
    });
  });

  test("settings resolved once resolve to themselves", () => {
    for (const { description } of methods) {
      const settings = resolveSettings({ method: description.id });
      expect(resolveSettings(settings)).toEqual(settings);
    }
  });

  test("an unknown key is refused with the keys there are", () => {
    expect(() => resolveSettings({ learningrate: 1 })).toThrow(
      refused(
        expect.stringMatching(
          /^There is no setting "learningrate" for this method. It has: method,/,
        ),
      ),
    );
  });

  test("an unknown method is refused with the methods there are", () => {
    const names = methods.map(({ description }) => description.id).join(", ");
    expect(() => resolveSettings({ method: "adam" })).toThrow(
      refused(`There is no method "adam". Choose one of ${names}.`),
    );
    expect(() => methodOf({})).toThrow(
      refused(`There is no method nothing. Choose one of ${names}.`),
    );
  });
});

describe("a value of a setting", () => {
  test.each([
    ["steps", 2.5, "Steps is 2.5; it should be a whole number."],
    ["steps", 0, "Steps is 0; it should lie in 1 … 10000000."],
    ["steps", "ten", 'Steps is "ten"; it should be a number.'],
    ["seed", 2 ** 53, "Seed is 9007199254740992; it should be a whole number."],
    ["seed", -1, "Seed is -1; it should lie in 0 … 9007199254740991."],
    ["learningRate", Number.NaN, "Learning rate is null; it should be a number."],
    ["learningRate", 2, "Learning rate is 2; it should lie in 0 … 1."],
    ["epsilon", 0, "Perturbation ε is 0; it should lie in 1e-8 … 1."],
    ["noise", "uniform", 'Noise is "uniform"; it should be one of binomial, rademacher, gaussian.'],
  ])("%s = %s is refused in a sentence", (key, value, sentence) => {
    expect(() => checkValue(descriptionOf(key), value)).toThrow(refused(sentence));
  });

  test("a boolean setting takes true and false only", () => {
    const flag = { ...descriptionOf("steps"), label: "Flag", type: "boolean" } as const;
    expect(checkValue(flag, true)).toBe(true);
    expect(() => checkValue(flag, 1)).toThrow(refused("Flag is 1; it should be true or false."));
  });

  test("is given back as it was", () => {
    expect(checkValue(descriptionOf("noise"), "gaussian")).toBe("gaussian");
    expect(checkValue(descriptionOf("learningRate"), 1e-7)).toBe(1e-7);
  });
});

describe("every setting of every method", () => {
  const all = methods.flatMap(({ description }) => [...commonSettings, ...description.settings]);

  test("has a default its own check accepts", () => {
    for (const setting of all) expect(checkValue(setting, setting.default)).toBe(setting.default);
  });

  test("has a key and a flag of its own", () => {
    for (const { description } of methods) {
      const own = [...commonSettings, ...description.settings];
      expect(new Set(own.map(({ key }) => key)).size).toBe(own.length);
      expect(new Set(own.map(({ flag }) => flag)).size).toBe(own.length);
    }
  });

  test("says what it does and where its default comes from", () => {
    for (const { help, source, label } of all) {
      expect(help.length).toBeGreaterThan(20);
      expect(label).not.toBe("");
      expect(source).not.toBe("");
    }
  });
});

test("reading a setting that is missing or of another kind is refused", () => {
  expect(() => numberSetting({}, "steps")).toThrow(
    refused('The setting "steps" should be a number, not nothing.'),
  );
  expect(() => choiceSetting({ noise: 3 }, "noise", ["binomial"])).toThrow(
    refused('The setting "noise" should be one of binomial, not 3.'),
  );
});
