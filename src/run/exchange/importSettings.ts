import { ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import { listOf, nearestName, quote } from "#base/text.ts";
import type { SplitRules } from "#data/examples/splits.ts";
import { isJsonObject } from "#data/formats/json.ts";
import { builtInTask, taskDefinition, taskDefinitions } from "#data/tasks/index.ts";
import { refuseWithoutLabels } from "#data/tasks/scoreHead.ts";
import type { BuiltInTask, TaskSpec } from "#data/tasks/task.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { allSettings, commonDescriptions, defaultMethodId, methods } from "#zo/methods/index.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingDescription } from "#zo/settings.ts";
import { notTrueOrFalse, numberFromText } from "#zo/settings.ts";
import { someRulesSchema } from "../store/rulesSchema.ts";
import { parseTask } from "../store/storedRecords.ts";
import { type CommandFlags, readCommandLine } from "./commandLine.ts";
import { runPyFlags } from "./runPy.ts";

/** Settings somebody used elsewhere, as they are here. */
export interface ImportedSettings {
  /** Whole and checked. */
  readonly settings: RunSettings;
  readonly model: string | null;
  /** What the run was called; empty where nothing says. */
  readonly name: string;
  /** Null where none is named, or none of that name is known. */
  readonly task: TaskSpec | null;
  /** How rows are to be drawn, as far as the source says. */
  readonly rules: Partial<SplitRules>;
  /** As MeZO names it. */
  readonly taskName: string | null;
  readonly maxLength: number | null;
  /** 0 where MeZO's program ran: it begins every prompt with that token. */
  readonly bos: 0 | 2;
  /** What was passed over or taken for granted, in sentences to show. */
  readonly notes: readonly string[];
}

/**
 * Settings from a command line of MeZO's `run.py` (or `mezo.sh`, or this program's own), or from JSON
 * with the same names.
 *
 * @throws ZerothError E-CFG-5 if it cannot be read, E-CFG-6 for what is not supported; also as `resolveSettings`
 */
export function importSettings(text: string): ImportedSettings {
  const trimmed = text.trim();
  if (trimmed.length > 100_000) throw new ZerothError("E-CFG-5", "These settings are too long.");
  if (!trimmed.startsWith("{")) return fromFlags(readCommandLine(trimmed));
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (cause) {
    throw new ZerothError("E-CFG-5", "These settings are not valid JSON.", { cause });
  }
  if (!isJsonObject(value)) throw new ZerothError("E-CFG-5", "These settings are no JSON object.");
  return isJsonObject(value["settings"])
    ? fromSettingsFile(value, value["settings"])
    : fromFlags(flagsOf(value));
}

/** A file saved from a run. Keys that no method here knows, of a newer version, are named and left out. */
function fromSettingsFile(
  { model, name, task, data }: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>>,
): ImportedSettings {
  const known = new Set(["method", ...allSettings().map(({ key }) => key)]);
  const entries = Object.entries(settings);
  const unknown = entries.filter(([key]) => !known.has(key)).map(([key]) => key);
  const notes =
    unknown.length > 0
      ? [`Left out, because no method here knows them: ${listOf(unknown, 20)}.`]
      : [];
  return {
    settings: resolveSettings(Object.fromEntries(entries.filter(([key]) => known.has(key)))),
    model: typeof model === "string" ? model : null,
    name: typeof name === "string" ? name : "",
    task: task === undefined ? null : parseTask(task),
    rules: rulesIn(data),
    taskName: null,
    maxLength: null,
    bos: 2,
    notes,
  };
}

/** The draw in a settings file; files of earlier versions have none. */
function rulesIn(data: unknown): Partial<SplitRules> {
  if (!isJsonObject(data) || data["rules"] === undefined) return {};
  const parsed = someRulesSchema.safeParse(data["rules"]);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = ["data.rules", ...(issue?.path ?? [])].join(".");
  throw new ZerothError(
    "E-CFG-5",
    `In these settings, ${quote(where)} is wrong: ${issue?.message}.`,
  );
}

/** The draw on a command line, by MeZO's names and this program's. */
const rowFlags: Readonly<Record<string, "trainRows" | "devRows" | "testRows" | "dataSeed">> = {
  num_train: "trainRows",
  num_dev: "devRows",
  num_eval: "testRows",
  train_set_seed: "dataSeed",
  "train-rows": "trainRows",
  "dev-rows": "devRows",
  "test-rows": "testRows",
  "data-seed": "dataSeed",
};

function rulesFrom(flags: ReadonlyMap<string, string>): Partial<SplitRules> {
  const entries = [...flags].flatMap(([flag, text]) => {
    const key = Object.hasOwn(rowFlags, flag) ? rowFlags[flag] : undefined;
    // 0 and below mean "all" to MeZO, or "none": what these rows usually get serves both.
    return key && /^\d{1,9}$/.test(text) && (key !== "trainRows" || text !== "0")
      ? [[key, Number(text)] as const]
      : [];
  });
  return Object.fromEntries(entries);
}

/** JSON as a command line. Lists and objects have no place in one; those that have no bearing here are passed over. */
function flagsOf(object: Readonly<Record<string, unknown>>): CommandFlags {
  const flags = new Map<string, string>();
  for (const [key, value] of Object.entries(object)) {
    const isPlain = ["string", "number", "boolean"].includes(typeof value) || value === null;
    if (isPlain) flags.set(key, String(value));
    else if (passedOver.has(key)) flags.set(key, "");
    else {
      throw new ZerothError(
        "E-CFG-5",
        `In these settings, ${quote(key)} is ${describeJson(value)}; a text, a number, true or false ` +
          `is needed. Nothing was changed.`,
      );
    }
  }
  return { flags, isRunPy: true };
}

/** What changes the run itself in a way that is not here. */
const withoutEquivalent: Readonly<Record<string, string>> = {
  lora: "low-rank adapters",
  prefix_tuning: "prefix tuning",
  head_tuning: "tuning of the head alone",
  linear_probing: "linear probing",
  lp_early_stopping: "linear probing",
  non_diff: "objectives that are no loss (non_diff)",
  train_random_seed: "several train sets in one run",
};

/** What has no bearing on the weights that come out, or belongs to the data. */
const passedOver = new Set([
  "output_dir",
  "overwrite_output_dir",
  "tag",
  "logging_steps",
  "report_to",
  "no_eval",
  "evaluation_strategy",
  "eval_strategy",
  "save_strategy",
  "save_steps",
  "save_total_limit",
  "save_model",
  "load_best_model_at_end",
  "metric_for_best_model",
  "greater_is_better",
  "num_train_sets",
  "result_file",
  "train_as_classification",
  "only_train_option",
  "per_device_eval_batch_size",
  "verbose",
  "load_float16",
  "load_bfloat16",
  "load_float32",
  "load_int8",
  "no_auto_device",
  "icl_sfc",
  "lora_alpha",
  "lora_r",
  "num_prefix",
  "no_reparam",
  "prefix_init_by_real_act",
  "data",
  "dev",
  "test",
  "out",
  "linear",
  "template",
  "words",
  "labels",
  "label-column",
]);

function fromFlags({ flags, isRunPy }: CommandFlags): ImportedSettings {
  const notes: string[] = [];
  refuseWithoutEquivalent(flags);
  const method = methodFrom(flags, isRunPy);
  const given: Record<string, unknown> = { method };
  const length = flags.get("max_length") ?? flags.get("max-length");
  const maxLength = length !== undefined && /^\d{1,6}$/.test(length) ? Number(length) : null;
  const bos = (flags.get("bos") ?? (isRunPy ? "0" : "2")) === "0" ? 0 : 2;
  const taskName = flags.get("task_name") ?? flags.get("task") ?? null;
  const limits = { bos, maxLength: maxLength ?? MAX_LENGTH } as const;
  const named = taskOf(taskName, limits, notes);
  const rest = new Map(flags);
  const elsewhere = [
    "trainer",
    "method",
    "model_name",
    "task_name",
    "task",
    "head",
    "bos",
    "name",
    "max_length",
    "max-length",
    // Without a task's name, a head is told its texts and labels.
    ...(flags.has("head") && !named ? ["template", "labels", "label-column"] : []),
  ];
  const rules = rulesFrom(flags);
  for (const known of [...elsewhere, ...Object.keys(rowFlags), ...Object.keys(withoutEquivalent)])
    rest.delete(known);
  for (const [flag, text] of rest) {
    const description = describedBy(flag, method);
    if (description) given[description.key] = parseFlag(description, flag, text);
    else if (passedOver.has(flag))
      notes.push(`--${flag} ${cut(text)} was passed over.`.replace("  ", " "));
    else throw unknownFlag(flag);
  }
  if (isRunPy) addDefaults(given, notes);
  return {
    settings: resolveSettings(given),
    model: flags.get("model_name") ?? null,
    name: flags.get("name") ?? "",
    task: flags.has("head") ? headTask(flags, named, limits) : named,
    rules,
    taskName,
    maxLength,
    bos,
    notes,
  };
}

/** Tokens of a row, where a command does not say. @see MeZO, large_models/run.py, max_length */
const MAX_LENGTH = 2048;

/** A score head, as this program's own `--head` asks for; what is left open is read from the rows. */
function headTask(
  flags: ReadonlyMap<string, string>,
  named: BuiltInTask | null,
  limits: Pick<TaskSpec, "bos" | "maxLength">,
): TaskSpec {
  if (named) {
    refuseWithoutLabels(taskDefinition(named.task));
    return { ...named, head: true };
  }
  const template = flags.get("template") ?? "";
  const labels = flags.get("labels")?.split("|") ?? [];
  return {
    kind: "classification",
    template,
    labels: template === "" ? [] : labels,
    words: [],
    labelColumn: flags.get("label-column") ?? "label",
    head: true,
    ...limits,
  };
}

function taskOf(
  name: string | null,
  limits: Pick<TaskSpec, "bos" | "maxLength">,
  notes: string[],
): BuiltInTask | null {
  if (name === null) return null;
  const found = taskDefinitions.find(({ id }) => id.toLowerCase() === name.toLowerCase());
  if (found) return builtInTask(found.id, limits);
  notes.push(`There is no task ${quote(name)} here; choose one for the rows.`);
  return null;
}

function refuseWithoutEquivalent(flags: ReadonlyMap<string, string>): void {
  for (const [flag, what] of Object.entries(withoutEquivalent)) {
    const value = flags.get(flag);
    if (value === undefined || /^(false|0|none)$/i.test(value)) continue;
    throw new ZerothError(
      "E-CFG-6",
      `--${flag} asks for ${what}, which has no equivalent here: all weights are tuned, on the loss. ` +
        `Nothing was changed.`,
    );
  }
}

function methodFrom(flags: ReadonlyMap<string, string>, isRunPy: boolean): string {
  const name = flags.get("trainer") ?? flags.get("method") ?? defaultMethodId;
  const method = methods.find(({ aliases }) => aliases.includes(name.toLowerCase()));
  if (method) return method.description.id;
  const known = methods.flatMap(({ aliases }) => aliases).join(", ");
  const other = isRunPy && ["regular", "none"].includes(name);
  const why = other ? "needs backpropagation or does not train" : "is not known here";
  throw new ZerothError("E-CFG-6", `The trainer ${quote(name)} ${why}. Known: ${known}.`);
}

function describedBy(flag: string, method: string): SettingDescription | undefined {
  const own = methods.find(({ description }) => description.id === method)?.description.settings;
  const all = [...commonDescriptions, ...(own ?? [])];
  const key = runPyFlags.get(flag);
  return all.find((setting) =>
    key === undefined
      ? setting.flag === flag || setting.flag.replaceAll("-", "_") === flag || setting.key === flag
      : setting.key === key,
  );
}

function parseFlag({ type, choices }: SettingDescription, flag: string, text: string): unknown {
  if (type === "choice") {
    return choices?.find(({ value }) => value === text.toLowerCase())?.value ?? text;
  }
  if (type === "text") return text;
  if (type === "boolean") {
    if (/^(true|1|)$/i.test(text)) return true;
    if (/^(false|0)$/i.test(text)) return false;
    throw notTrueOrFalse(flag, text);
  }
  return numberFromText(flag, text);
}

/** What Hugging Face's Trainer takes where nothing is said. */
function addDefaults(given: Record<string, unknown>, notes: string[]): void {
  if (given["steps"] === undefined) {
    throw new ZerothError(
      "E-CFG-6",
      "The command has no --max_steps; epochs have no equivalent here. Add the number of steps.",
    );
  }
  const defaults = { batchSize: 8, learningRate: 5e-5, learningRateSchedule: "linear", seed: 42 };
  for (const [key, value] of Object.entries(defaults)) {
    if (given[key] !== undefined) continue;
    given[key] = value;
    notes.push(`${key} is not in the command; Hugging Face's default ${value} was taken.`);
  }
  given["noise"] ??= "gaussian";
}

/** A value for a note, not longer than a name. */
function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function unknownFlag(flag: string): ZerothError {
  const known = [
    ...runPyFlags.keys(),
    ...allSettings().map((setting) => setting.flag),
    ...passedOver,
    "model_name",
    "task_name",
    "trainer",
    "max_length",
  ];
  const nearest = nearestName(flag, known);
  const hint = nearest === undefined ? "Take it out of the command." : `Did you mean ${nearest}?`;
  return new ZerothError("E-CFG-2", `Unknown name ${quote(flag)}. ${hint}`);
}
