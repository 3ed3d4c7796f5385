import { parseArgs } from "node:util";
import { ZerothError } from "#base/errors.ts";
import { commonSettings } from "#zo/commonSettings.ts";
import { methods } from "#zo/methods/index.ts";
import { methodOf, resolveSettings } from "#zo/readSettings.ts";
import type { SettingDescription, SettingValues } from "#zo/settings.ts";

/** A command line taken apart: what stands alone, and what stands behind a flag. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly isGreedy: boolean;
  /** Labels are told apart by a score head, not by words. */
  readonly hasHead: boolean;
}

/** Flags that are no setting of a method. */
const plainFlags = [
  "method",
  "task",
  "template",
  "words",
  "labels",
  "label-column",
  "bos",
  "max-length",
  "dev",
  "test",
  "train-rows",
  "dev-rows",
  "test-rows",
  "data-seed",
  "out",
  "name",
  "linear",
  "step",
  "examples",
  "against",
  ...["prompt", "temperature", "top-k", "top-p", "max-new-tokens", "stop"],
] as const;

/** Flags that stand alone. */
const GREEDY = "greedy";
const HEAD = "head";

/** @throws ZerothError E-CFG-1 for a flag that does not exist */
export function readArguments(args: readonly string[]): Arguments {
  const names = new Set<string>([...plainFlags, ...allSettings().map(({ flag }) => flag)]);
  const options = Object.fromEntries([...names].map((name) => [name, { type: "string" as const }]));
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { ...options, [GREEDY]: { type: "boolean" }, [HEAD]: { type: "boolean" } },
      allowPositionals: true,
      allowNegative: false,
    });
    const { [GREEDY]: isGreedy = false, [HEAD]: hasHead = false, ...flags } = values;
    return { positionals, flags, isGreedy, hasHead };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new ZerothError("E-CFG-1", `${reason}. Known flags: --${[...names].join(", --")}.`);
  }
}

/** A run's settings from the flags of its method. @throws ZerothError E-CFG-1 */
export function settingsFrom({ flags }: Arguments): SettingValues {
  const id = flags["method"] ?? "mezo";
  const method = methodOf({ method: id });
  const given: Record<string, unknown> = { method: id };
  const mine = [...commonSettings, ...method.description.settings];
  for (const description of mine) {
    const text = flags[description.flag];
    if (text !== undefined) given[description.key] = parseValue(description, text);
  }
  for (const { flag } of allSettings()) {
    if (flags[flag] !== undefined && !mine.some((setting) => setting.flag === flag)) {
      throw new ZerothError("E-CFG-1", `--${flag} is no setting of ${id}.`);
    }
  }
  return resolveSettings(given);
}

/** A flag's number, or what it is without the flag. @throws ZerothError E-CFG-1 */
export function numberFlag({ flags }: Arguments, flag: string, otherwise: number): number {
  const text = flags[flag];
  return text === undefined ? otherwise : numberFrom(flag, text);
}

function parseValue({ type, flag }: SettingDescription, text: string): unknown {
  switch (type) {
    case "choice":
    case "text":
      return text;
    case "boolean":
      return booleanFrom(flag, text);
    case "number":
    case "integer":
      return numberFrom(flag, text);
    default:
      return type satisfies never;
  }
}

function booleanFrom(flag: string, text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new ZerothError("E-CFG-1", `--${flag} is "${text}"; it should be true or false.`);
}

function numberFrom(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new ZerothError("E-CFG-1", `--${flag} is "${text}"; it should be a number.`);
}

function allSettings(): readonly SettingDescription[] {
  return [...commonSettings, ...methods.flatMap(({ description }) => description.settings)];
}
