import { ZerothError } from "#base/errors.ts";

/**
 * One setting, described once: the form in the page, the flag of the command line, the check of a
 * value, the record of a run and the help all come from this.
 */
export interface SettingDescription {
  /** camelCase key in a run's settings. */
  readonly key: string;
  /** The command line's flag without dashes, in MeZO's and Hugging Face's words where they exist. */
  readonly flag: string;
  readonly label: string;
  readonly type: "number" | "integer" | "choice" | "boolean" | "text";
  readonly default: number | string | boolean;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly min?: number;
  readonly max?: number;
  /** What it does, in one or two sentences, for someone who hesitates. */
  readonly help: string;
  /** Where the default comes from. */
  readonly source: string;
  /** Shown folded away unless asked for. */
  readonly advanced?: boolean;
  /** It has a say only where another setting has this value, and is left out of sight elsewhere. */
  readonly onlyWith?: { readonly key: string; readonly value: SettingValue };
}

export type SettingValue = number | string | boolean;
export type SettingValues = Readonly<Record<string, SettingValue>>;

/** What a method says of itself on its card. */
export interface MethodDescription {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  /** Forward passes a step costs, in words a person can compare ("2", "2 (4 between anchors)"). */
  readonly forwardPasses: string;
  /** What it needs beside the weights: nothing, or a second copy of them. */
  readonly extraMemory: "none" | "none, or a copy of the weights";
  readonly paper: { readonly title: string; readonly url: string };
  readonly settings: readonly SettingDescription[];
}

/** @throws ZerothError E-CFG-1 if it is missing or no number */
export function numberSetting(settings: SettingValues, key: string): number {
  const value = settings[key];
  if (typeof value === "number") return value;
  throw new ZerothError("E-CFG-1", `The setting "${key}" should be a number, not ${show(value)}.`);
}

/** @throws ZerothError E-CFG-1 if it is missing or not one of the choices */
export function choiceSetting<T extends string>(
  settings: SettingValues,
  key: string,
  choices: readonly T[],
): T {
  const value = choices.find((choice) => choice === settings[key]);
  if (value !== undefined) return value;
  throw new ZerothError(
    "E-CFG-1",
    `The setting "${key}" should be one of ${choices.join(", ")}, not ${show(settings[key])}.`,
  );
}

/** @throws ZerothError E-CFG-1 if it is missing or no text */
export function textSetting(settings: SettingValues, key: string): string {
  const value = settings[key];
  if (typeof value === "string") return value;
  throw new ZerothError("E-CFG-1", `The setting "${key}" should be text, not ${show(value)}.`);
}

/** A value as it stands in a sentence about it. */
export function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
