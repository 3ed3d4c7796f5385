import { describe, expect, test } from "vitest";
import { commonDescriptions, methods } from "#zo/methods/index.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { fakeCatalogue } from "../testing/fakeCatalogue.ts";
import {
  draftFrom,
  EMPTY_DRAFT,
  isTouched,
  labelOf,
  parseDraft,
  rangeOf,
  suggestName,
  textOf,
  toldSettings,
  visibleSettings,
} from "./settingsForm.ts";

const typed = (texts: Record<string, string>) =>
  parseDraft(fakeCatalogue, { ...EMPTY_DRAFT, texts });
const setting = (key: string) => {
  const found = visibleSettings(fakeCatalogue, EMPTY_DRAFT).find((one) => one.key === key);
  if (!found) throw new Error(`no setting ${key}`);
  return found;
};

test("an untouched form is a run with every default and the first method", () => {
  const { values, errors } = typed({});
  expect(errors).toEqual({});
  expect(values).toMatchObject({
    method: "mezo",
    learningRate: 1e-6,
    steps: 1000,
    noise: "binomial",
  });
});

test("every method's untouched form is one the engine takes", () => {
  const catalogue = {
    ...fakeCatalogue,
    commonSettings: commonDescriptions,
    methods: methods.map((m) => m.description),
  };
  for (const { id } of catalogue.methods) {
    const { values, errors } = parseDraft(catalogue, { ...EMPTY_DRAFT, methodId: id });
    expect(errors).toEqual({});
    expect(values).toEqual(resolveSettings({ method: id }));
  }
});

describe("a setting that only counts with another one's value", () => {
  const catalogue = { ...fakeCatalogue, commonSettings: commonDescriptions };
  const keys = (texts: Record<string, string>) =>
    visibleSettings(catalogue, { ...EMPTY_DRAFT, texts }).map(({ key }) => key);
  const names = (settings: SettingValues) =>
    toldSettings(catalogue, settings).map(({ name }) => name);

  test("is seen in the form only then", () => {
    expect(keys({})).not.toContain("trainableBlocks");
    expect(keys({ trainable: "last" })).toContain("trainableBlocks");
    expect(keys({ trainable: "last" })).not.toContain("trainablePattern");
    expect(keys({ trainable: "named" })).toContain("trainablePattern");
  });

  test("is not in the way while it is out of sight", () => {
    const draft = { ...EMPTY_DRAFT, texts: { trainableBlocks: "none" } };
    const { values, errors } = parseDraft(catalogue, draft);
    expect(errors).toEqual({});
    expect(values).toMatchObject({ trainable: "all", trainableBlocks: 2 });
    const last = { ...draft, texts: { ...draft.texts, trainable: "last" } };
    expect(parseDraft(catalogue, last).errors).toHaveProperty("trainableBlocks");
  });

  test("is told of a run only if it counted there", () => {
    const all = resolveSettings({ method: "mezo" });
    expect(names(all)).not.toContain("Last blocks");
    expect(names({ ...all, trainable: "last" })).toContain("Last blocks");
  });
});

test("a run tells a switch as yes or no", () => {
  const told = toldSettings(
    { ...fakeCatalogue, commonSettings: commonDescriptions },
    { pauseOnBlowUp: false },
  );
  expect(told).toEqual([{ name: expect.any(String), value: "no" }]);
});

test("a number may be typed with an exponent", () => {
  expect(typed({ learningRate: " 2e-5 " }).values).toMatchObject({ learningRate: 2e-5 });
});

test("what is not a number is told by the field, with an example", () => {
  expect(typed({ learningRate: "fast" }).errors).toEqual({
    learningRate: "“fast” is not a number. Write it like 1e-6.",
  });
});

test("an empty field is not taken for zero", () => {
  expect(typed({ steps: "" }).errors).toHaveProperty("steps");
});

test("a value out of range is refused with the range", () => {
  expect(typed({ epsilon: "7" }).errors).toEqual({
    epsilon: "7 is out of range: use 1e-8 to 1.",
  });
});

test("half a step is refused", () => {
  expect(typed({ steps: "10.5" }).errors).toEqual({ steps: "10.5 is not a whole number." });
});

test("settings of an earlier run fill the form and come back the same", () => {
  const draft = draftFrom(fakeCatalogue.demo.settings);
  expect(parseDraft(fakeCatalogue, draft).values).toEqual(
    resolveSettings(fakeCatalogue.demo.settings),
  );
});

test("a setting counts as touched once it differs from its default", () => {
  const draft = { ...EMPTY_DRAFT, texts: { steps: "1000" } };
  expect(isTouched(setting("steps"), draft)).toBe(false);
  expect(isTouched(setting("steps"), { ...draft, texts: { steps: "10" } })).toBe(true);
  expect(textOf(setting("steps"), EMPTY_DRAFT)).toBe("1000");
});

test("a range is told in readable numbers", () => {
  expect(rangeOf(setting("steps"))).toBe("1 to 10,000,000");
});

test("a suggested name tells method, model and learning rate", () => {
  const { values } = typed({});
  expect(suggestName(fakeCatalogue, values, "opt-125m")).toBe("MeZO on opt-125m, lr 1e-6");
});

test("a key no description knows keeps its own name", () => {
  expect(labelOf(fakeCatalogue, "epsilon")).toBe("Perturbation ε");
  expect(labelOf(null, "epsilon")).toBe("epsilon");
});
