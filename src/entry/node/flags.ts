import { parseArgs } from "node:util";
import { ZerothError } from "#base/errors.ts";
import { nearestName } from "#base/text.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { resolveSettingsFor } from "#zo/defaultLearningRate.ts";
import { allSettings, commonDescriptions, defaultMethodId } from "#zo/methods/index.ts";
import { methodOf, resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingDescription } from "#zo/settings.ts";
import { notTrueOrFalse, numberFromText } from "#zo/settings.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";
import { type Usage, usageOf } from "./usage.ts";

/** A parsed command line. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly isGreedy: boolean;
  /** A score head classifies, instead of label words. */
  readonly hasHead: boolean;
  /** Every flag that the command reads, given or not. */
  readonly reads: readonly string[];
}

/** Flags without a value. */
const GREEDY = "greedy";
const HEAD = "head";

/** @throws ZerothError E-CLI-1 for a flag that the command does not read, or one without its value */
export function readArguments(command: CommandName, args: readonly string[]): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: everyFlag(),
    allowNegative: false,
    tokens: true,
    // Node's own errors do not know the commands, and some take three lines.
    strict: false,
  });
  const given = tokens.filter((token) => token.kind === "option");
  const usage = usageOf(command, positionals[0]);
  const foreign = given.find(({ name }) => !usage.reads.includes(name));
  if (foreign) throw notRead(usage, foreign);
  const alone = given.filter(({ name }) => takesNoValue(name)).map(withoutValue);
  const flags = given.filter(({ name }) => !takesNoValue(name)).map(withValue);
  return {
    positionals,
    flags: Object.fromEntries(flags),
    reads: usage.reads,
    isGreedy: alone.includes(GREEDY),
    hasHead: alone.includes(HEAD),
  };
}

/** The flags of all commands, so that the value of a foreign flag is not taken for a positional. */
function everyFlag() {
  const names = Object.values(commandFlags).flatMap(({ flags, ofRun = [] }) => [
    ...flags,
    ...ofRun,
  ]);
  return Object.fromEntries(
    names.map((name) => [name, { type: takesNoValue(name) ? "boolean" : "string" } as const]),
  );
}

function takesNoValue(name: string): boolean {
  return name === GREEDY || name === HEAD;
}

/** A flag as `parseArgs` finds it. */
interface GivenFlag {
  readonly name: string;
  /** With its dashes. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** The value follows "=". */
  readonly inlineValue?: boolean | undefined;
}

function notRead({ words, reads, other }: Usage, { name, rawName }: GivenFlag): ZerothError {
  const why = other?.reads.includes(name) ? ` (${other.why})` : "";
  const nearest = nearestName(name, reads);
  const known = reads.length === 0 ? "" : `; it reads --${reads.join(", --")}`;
  const advice = nearest === undefined ? `Leave it out${known}.` : `Did you mean --${nearest}?`;
  return new ZerothError(
    "E-CLI-1",
    `${words}${why} does not read ${rawName}, and nothing was started. ${advice}`,
  );
}

function withoutValue({ name, value }: GivenFlag): string {
  if (value === undefined) return name;
  throw new ZerothError("E-CLI-1", `--${name} takes no value; leave out "${value}".`);
}

function withValue({ name, value, inlineValue }: GivenFlag): readonly [string, string] {
  // `parseArgs` alone takes the next flag for a value.
  const isNextFlag = !inlineValue && value !== undefined && /^-./.test(value);
  if (value !== undefined && !isNextFlag) return [name, value];
  throw new ZerothError(
    "E-CLI-1",
    `--${name} has no value; write it after the flag, or as --${name}=-1 if it begins with a dash.`,
  );
}

/**
 * Settings of a run from the flags of its method. The learning rate follows the size of the model, if that is
 * given.
 *
 * @throws as `resolveSettings`
 */
export function settingsFrom({ flags }: Arguments, parameterCount?: number): RunSettings {
  const id = flags["method"] ?? defaultMethodId;
  const method = methodOf({ method: id });
  const given: Record<string, unknown> = { method: id };
  const mine = [...commonDescriptions, ...method.description.settings];
  for (const description of mine) {
    const text = flags[description.flag];
    if (text !== undefined) given[description.key] = parseValue(description, text);
  }
  for (const { flag } of allSettings()) {
    if (flags[flag] !== undefined && !mine.some((setting) => setting.flag === flag)) {
      throw new ZerothError("E-CFG-2", `--${flag} is no setting of ${id}.`);
    }
  }
  return parameterCount === undefined
    ? resolveSettings(given)
    : resolveSettingsFor(given, parameterCount);
}

/** Returns the number of a flag, or a default without the flag. @throws ZerothError E-CFG-1 */
export function numberFlag({ flags }: Arguments, flag: string, otherwise: number): number {
  const text = flags[flag];
  return text === undefined ? otherwise : numberFromText(flag, text);
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
      return numberFromText(flag, text);
    default:
      return type satisfies never;
  }
}

function booleanFrom(flag: string, text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw notTrueOrFalse(flag, text);
}
