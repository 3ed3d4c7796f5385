import { deflateSync, inflateSync } from "fflate";
import { ZerothError } from "#base/errors.ts";
import { readAs, z } from "#base/schema.ts";
import type { SplitRules } from "#data/examples/splits.ts";
import { builtInTask, taskDefinition } from "#data/tasks/index.ts";
import { limitsOf, type TaskSpec } from "#data/tasks/task.ts";
import { defaultMethodId } from "#zo/methods/index.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { someRulesSchema } from "../store/rulesSchema.ts";

/** What a link can carry. Rows, tokens and names of files never go into one. */
export interface SharedRun {
  /** Whole. */
  readonly settings: SettingValues;
  readonly task?: TaskSpec;
  /** How rows were drawn, and what was left out. */
  readonly rules?: Partial<SplitRules>;
  /** A model's name on the hub, `owner/name` or `owner/name@revision`. */
  readonly model?: string;
}

/** Addresses much longer than this are cut by mail programs and servers. */
const MAX_CHARACTERS = 8192;
const MAX_JSON_BYTES = 100_000;
const PREFIX = "c=";

/**
 * The part of an address after `#`: settings that differ from the defaults, packed.
 *
 * @throws ZerothError E-CFG-7 if it would be longer than 8 kB
 */
export function encodeShareLink({ settings, task, rules, model }: SharedRun): string {
  const value = {
    v: 1,
    s: withoutDefaults(settings),
    ...(task && { t: shortTask(task) }),
    ...(rules && { d: rules }),
    ...(model !== undefined && { m: hubName.parse(model) }),
  };
  const fragment =
    PREFIX + toBase64Url(deflateSync(new TextEncoder().encode(JSON.stringify(value))));
  if (fragment.length <= MAX_CHARACTERS) return fragment;
  throw new ZerothError(
    "E-CFG-7",
    `These settings make a link of ${fragment.length} characters; at most ${MAX_CHARACTERS} work ` +
      `everywhere. Shorten the template, or save the settings as a file.`,
  );
}

/** Whether a fragment claims to hold settings. */
export function isShareLink(fragment: string): boolean {
  return bare(fragment).startsWith(PREFIX);
}

/**
 * What a link holds, every value checked; settings it does not name have their defaults.
 *
 * @param fragment with or without the `#`
 * @throws ZerothError E-CFG-5, or as `resolveSettings`
 */
export function decodeShareLink(fragment: string): SharedRun {
  const text = bare(fragment);
  if (!text.startsWith(PREFIX) || text.length > MAX_CHARACTERS) throw damaged("it is no such link");
  const value = unpack(text.slice(PREFIX.length));
  const { s: given, t: task, d: rules, m: model } = readAs(schema, value, damaged);
  return {
    settings: resolveSettings(given),
    ...(task && { task: wholeTask(task) }),
    ...(rules && { rules }),
    ...(model !== undefined && { model }),
  };
}

const hubName = z
  .string()
  .regex(/^[\w-][\w.-]{0,95}\/[\w.-]{1,96}(@[\w][\w./-]{0,199})?$/, { error: "owner/name" });
const limits = {
  bos: z.union([z.literal(0), z.literal(2)]).exactOptional(),
  maxLength: z.int().min(1).max(100_000),
};
const words = z.array(z.string().max(200)).max(200);

const columnName = z.string().max(200);
const builtIn = z.object({
  task: z.string().max(40),
  columns: z.record(columnName, columnName).exactOptional(),
  ...limits,
});
const custom = z.object({
  // Links of earlier versions carry classification only, and do not say so.
  kind: z.enum(["multiple choice", "generation"]).exactOptional(),
  optionColumns: z.array(columnName).max(50).exactOptional(),
  template: z.string().max(5000),
  labelColumn: z.string().max(200),
  labels: words,
  words,
  head: z.literal(true).exactOptional(),
  ...limits,
});

type ShortTask = z.infer<typeof builtIn> | z.infer<typeof custom>;

const schema = z.object({
  v: z.literal(1),
  s: z.record(z.string(), z.union([z.number(), z.string().max(200), z.boolean()])),
  t: z.union([builtIn, custom]).optional(),
  d: someRulesSchema.optional(),
  m: hubName.optional(),
});

/** Of a built-in task the name is enough, and its columns where they were named. */
function shortTask(spec: TaskSpec): ShortTask {
  const { template, labelColumn, labels, kind } = spec;
  if ("task" in spec) {
    return { task: spec.task, ...limitsOf(spec), ...(spec.columns && { columns: spec.columns }) };
  }
  return {
    ...(kind === "classification" ? {} : { kind }),
    template,
    labelColumn,
    labels: [...labels],
    words: [...spec.words],
    ...limitsOf(spec),
    ...(spec.head && { head: spec.head }),
    ...(spec.optionColumns && { optionColumns: [...spec.optionColumns] }),
  };
}

function wholeTask(short: ShortTask): TaskSpec {
  if (!("task" in short)) return { kind: "classification", ...short };
  const { columns } = short;
  return { ...builtInTask(taskDefinition(short.task).id, short), ...(columns && { columns }) };
}

function withoutDefaults(settings: SettingValues): SettingValues {
  const defaults: SettingValues = resolveSettings({
    method: settings["method"] ?? defaultMethodId,
  });
  const entries = Object.entries(settings);
  const own = entries.filter(([key, value]) => key === "method" || defaults[key] !== value);
  return Object.fromEntries(own);
}

function unpack(text: string): unknown {
  try {
    // The size bounds what a small text can blow up to.
    const json = inflateSync(fromBase64Url(text), { out: new Uint8Array(MAX_JSON_BYTES) });
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw damaged("it cannot be unpacked");
  }
}

function bare(fragment: string): string {
  return fragment.startsWith("#") ? fragment.slice(1) : fragment;
}

function toBase64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function damaged(reason: string): ZerothError {
  return new ZerothError(
    "E-CFG-5",
    `The settings in this link cannot be read (${reason}). Nothing was changed; ask for the link anew.`,
  );
}
