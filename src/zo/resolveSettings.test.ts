import { describe, expect, test } from "vitest";
import { commonDescriptions, methods } from "./methods/index.ts";
import { methodOf, resolveSettings, storedSettings, withLearningRate } from "./resolveSettings.ts";

const rejected = (message: string, code = "E-CFG-1") => expect.objectContaining({ code, message });

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
      rejected(
        expect.stringMatching(
          /^There is no setting "learningrate" for this method. It has: method,/,
        ),
        "E-CFG-2",
      ),
    );
  });

  test("an unknown method is refused with the methods there are", () => {
    const names = methods.map(({ description }) => description.id).join(", ");
    expect(() => resolveSettings({ method: "adam" })).toThrow(
      rejected(`There is no method "adam". Choose one of ${names}.`, "E-CFG-2"),
    );
    expect(() => methodOf({})).toThrow(
      rejected(`There is no method nothing. Choose one of ${names}.`, "E-CFG-2"),
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
    ["learningRate", Number.NaN, "Learning rate is NaN; it should be a number."],
    ["learningRate", 2, "Learning rate is 2; it should lie in 0 … 1."],
    ["epsilon", 0, "Perturbation ε is 0; it should lie in 1e-8 … 1."],
    ["steps", [[1]], "Steps is a list; it should be a number."],
    [
      "noise",
      "x".repeat(9000),
      `Noise is "${"x".repeat(120)}…"; it should be one of binomial, rademacher, gaussian.`,
    ],
    ["noise", "uniform", 'Noise is "uniform"; it should be one of binomial, rademacher, gaussian.'],
  ])("%s = %s is refused in a sentence", (key, value, sentence) => {
    expect(() => resolveSettings({ [key]: value })).toThrow(rejected(sentence));
  });

  test("a boolean setting takes true and false only", () => {
    expect(resolveSettings({ pauseOnBlowUp: true }).pauseOnBlowUp).toBe(true);
    expect(() => resolveSettings({ pauseOnBlowUp: 1 })).toThrow(
      rejected("Pause when the loss diverges is 1; it should be true or false."),
    );
  });
});

describe("every setting of every method", () => {
  const all = methods.flatMap(({ description }) => [
    ...commonDescriptions,
    ...description.settings,
  ]);

  test("has a default its own check accepts", () => {
    for (const { description } of methods) {
      const own = [...commonDescriptions, ...description.settings];
      const defaults = Object.fromEntries(own.map((setting) => [setting.key, setting.default]));
      const given = { ...defaults, method: description.id };
      expect(resolveSettings(given)).toEqual(given);
    }
  });

  test("has a key and a flag of its own", () => {
    for (const { description } of methods) {
      const keys = description.settings.map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      // A method may have a default of its own for a common setting.
      const common = commonDescriptions.filter(({ key }) => !keys.includes(key));
      const own = [...common, ...description.settings];
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

describe("settings of a stored run", () => {
  test("get the defaults of settings that did not exist when it was stored", () => {
    const stored = storedSettings.parse({ method: "mezo", seed: 3 });
    expect(stored).toEqual(resolveSettings({ method: "mezo", seed: 3 }));
    expect(storedSettings.parse({ method: "mezo_svrg", svrgQ: 5 })).toEqual(
      resolveSettings({ method: "mezo_svrg", svrgQ: 5 }),
    );
  });

  test("keep what a newer version added", () => {
    const stored = { method: "newer", momentum: 0.9 };
    expect(storedSettings.parse(stored)).toMatchObject({ ...stored, learningRate: 1e-6 });
  });
});

test("another learning rate changes the method's own rates in proportion", () => {
  const svrg = resolveSettings({
    method: "mezo_svrg",
    learningRate: 1e-6,
    anchorLearningRate: 1e-5,
  });
  expect(withLearningRate(svrg, 2e-6)).toEqual({
    ...svrg,
    learningRate: 2e-6,
    anchorLearningRate: 2e-5,
  });
});
