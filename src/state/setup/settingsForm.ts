import type { Catalogue } from "#session/reports.ts";
import type { MethodDescription } from "#zo/methods/method.ts";
import type { SettingDescription, SettingValues } from "#zo/settings.ts";
import { formatCount, formatSetting } from "../text/format.ts";

/** The key that names the method in a run's settings. The page shows it as cards, not as a field. */
export const METHOD_KEY = "method";

/** What a person has typed so far. Untouched settings are absent and stand at their default. */
export interface SettingsDraft {
  readonly methodId: string;
  readonly texts: Readonly<Record<string, string>>;
  /** Empty until named by hand; a suggestion stands in its place. */
  readonly name: string;
}

export const EMPTY_DRAFT: SettingsDraft = { methodId: "", texts: {}, name: "" };

export interface ParsedSettings {
  readonly values: SettingValues;
  /** One sentence for each setting that cannot be used, by key. */
  readonly errors: Readonly<Record<string, string>>;
}

export function chosenMethod(
  catalogue: Catalogue,
  draft: SettingsDraft,
): MethodDescription | undefined {
  return catalogue.methods.find(({ id }) => id === draft.methodId) ?? catalogue.methods[0];
}

/** The settings that have a say, as the form stands. */
export function visibleSettings(
  catalogue: Catalogue,
  draft: SettingsDraft,
): readonly SettingDescription[] {
  const all = settingsOf(catalogue, draft);
  const texts = Object.fromEntries(all.map((setting) => [setting.key, textOf(setting, draft)]));
  return all.filter((setting) => hasSay(setting, texts));
}

/** What a run's record says of itself: its settings that had a say, by name. */
export function toldSettings(
  catalogue: Catalogue | null,
  settings: SettingValues,
): readonly { readonly name: string; readonly value: string }[] {
  const { texts } = draftFrom(settings);
  return Object.entries(settings)
    .filter(([key]) => hasSay(descriptionOf(catalogue, key), texts))
    .map(([key, value]) => ({ name: labelOf(catalogue, key), value: toldValue(value) }));
}

/** A setting's value for a reader; in the form a switch is "true" or "false". */
export function toldValue(value: SettingValues[string]): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : formatSetting(value);
}

/** @param texts of all settings, by key */
function hasSay(
  setting: SettingDescription | undefined,
  texts: Readonly<Record<string, string>>,
): boolean {
  const { onlyWith } = setting ?? {};
  return !onlyWith || texts[onlyWith.key] === formatSetting(onlyWith.value);
}

/** The settings common to all methods, then those of the chosen one, which win where both have a key. */
function settingsOf(catalogue: Catalogue, draft: SettingsDraft): readonly SettingDescription[] {
  const own = chosenMethod(catalogue, draft)?.settings ?? [];
  const taken = new Set([METHOD_KEY, ...own.map(({ key }) => key)]);
  return [...catalogue.commonSettings.filter(({ key }) => !taken.has(key)), ...own];
}

/** What a field shows: what was typed, else the default. */
export function textOf(description: SettingDescription, draft: SettingsDraft): string {
  return draft.texts[description.key] ?? formatSetting(description.default);
}

export function isTouched(description: SettingDescription, draft: SettingsDraft): boolean {
  return textOf(description, draft) !== formatSetting(description.default);
}

/** The draft as settings for a run, with what is wrong by the field where it is wrong. */
export function parseDraft(catalogue: Catalogue, draft: SettingsDraft): ParsedSettings {
  const values: Record<string, number | string | boolean> = {};
  const errors: Record<string, string> = {};
  const method = chosenMethod(catalogue, draft);
  if (method) values[METHOD_KEY] = method.id;
  const visible = new Set(visibleSettings(catalogue, draft));
  for (const description of settingsOf(catalogue, draft)) {
    // What is out of sight must not be in the way.
    const text = textOf(description, visible.has(description) ? draft : EMPTY_DRAFT);
    const error = problemWith(description, text);
    if (error) errors[description.key] = error;
    else values[description.key] = settingOf(description, text);
  }
  return { values, errors };
}

/** A draft that stands for the settings of an earlier run. */
export function draftFrom(settings: SettingValues): SettingsDraft {
  const entries = Object.entries(settings).filter(([key]) => key !== METHOD_KEY);
  return {
    methodId: String(settings[METHOD_KEY] ?? ""),
    texts: Object.fromEntries(entries.map(([key, value]) => [key, formatSetting(value)])),
    name: "",
  };
}

/** "MeZO on opt-125m, lr 1e-6": what tells this run from its neighbours. */
export function suggestName(
  catalogue: Catalogue,
  settings: SettingValues,
  modelName: string,
): string {
  const id = settings[METHOD_KEY];
  const method = catalogue.methods.find((candidate) => candidate.id === id) ?? catalogue.methods[0];
  const { learningRate } = settings;
  const words = [`${method?.name ?? "Run"} on ${modelName}`];
  if (learningRate !== undefined) words.push(`lr ${formatSetting(learningRate)}`);
  return words.join(", ");
}

/** "1e-9 to 1": the range in words, or nothing where there is none. */
export function rangeOf({ min, max }: SettingDescription): string {
  if (min !== undefined && max !== undefined) return `${readable(min)} to ${readable(max)}`;
  if (min !== undefined) return `${readable(min)} or more`;
  return max !== undefined ? `${readable(max)} or less` : "";
}

/** A setting's name as the form has it; the key itself where no description is known. */
export function labelOf(catalogue: Catalogue | null, key: string): string {
  if (key === METHOD_KEY) return "Method";
  return descriptionOf(catalogue, key)?.label ?? key;
}

function descriptionOf(catalogue: Catalogue | null, key: string): SettingDescription | undefined {
  const known = catalogue
    ? [...catalogue.commonSettings, ...catalogue.methods.flatMap(({ settings }) => settings)]
    : [];
  return known.find((description) => description.key === key);
}

function readable(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatSetting(value);
}

function problemWith(description: SettingDescription, text: string): string | null {
  const { type, label, min, max, choices } = description;
  if (type === "boolean" || type === "text") return null;
  if (type === "choice") {
    return choices?.some(({ value }) => value === text)
      ? null
      : `Choose one of the ${label} values.`;
  }
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(value)) {
    return `“${text}” is not a number. Write it like ${formatSetting(description.default)}.`;
  }
  if (type === "integer" && !Number.isInteger(value)) return `${text} is not a whole number.`;
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) {
    return `${text} is out of range: use ${rangeOf(description)}.`;
  }
  return null;
}

function settingOf({ type }: SettingDescription, text: string): number | string | boolean {
  if (type === "boolean") return text === "true";
  return type === "choice" || type === "text" ? text : Number(text.trim());
}
