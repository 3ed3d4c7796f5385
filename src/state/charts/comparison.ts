import type { RunRecord } from "#run/store/records.ts";
import type { Catalogue } from "#session/reports.ts";
import type { SettingValues } from "#zo/settings.ts";
import { labelOf, METHOD_KEY, toldValue } from "../setup/settingsForm.ts";
import { formatCount, formatPlural } from "../text/format.ts";

/** Something in which runs differ. */
export interface DifferingField {
  readonly key: string;
  readonly name: string;
  /** One value a run, in their order; null where a run has none, as with another method's settings. */
  readonly values: readonly (string | null)[];
  readonly kind: "seed" | "setting" | "method's own" | "ground" | "machine";
}

/** What a run was made of. Records have it; the setup page has it of the run to come. */
export type RunMaterial = Pick<RunRecord, "modelId" | "modelName" | "data" | "task" | "adapter"> & {
  readonly settings: SettingValues;
};

const SEED_KEY = "seed";

/** Every field whose values are not all the same; settings in the order of the first run that has them. */
export function differingFields(
  runs: readonly RunMaterial[],
  catalogue: Catalogue | null,
): readonly DifferingField[] {
  const hasOneMethod = new Set(runs.map(({ settings }) => settings[METHOD_KEY])).size === 1;
  const fields: DifferingField[] = [];
  for (const key of new Set(runs.flatMap(({ settings }) => Object.keys(settings)))) {
    const values = runs.map(({ settings }) => settingText(settings, key, catalogue));
    const belongsToMethod = !hasOneMethod && values.includes(null);
    const kind =
      key === SEED_KEY ? "seed" : belongsToMethod ? "method's own" : ("setting" as const);
    fields.push({ key, name: labelOf(catalogue, key), values, kind });
  }
  const differing = [...fields, ...groundFields(runs)].filter(
    ({ values }) => new Set(values).size > 1,
  );
  // Settings of one method only are many, and say the least.
  const isOwn = ({ kind }: DifferingField) => kind === "method's own";
  return [...differing.filter((field) => !isOwn(field)), ...differing.filter(isOwn)];
}

/** Equal for equal things, in whatever order their fields were written. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isPlain(part) ? Object.fromEntries(Object.entries(part).sort(byName)) : part,
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** What a comparison stands on besides settings: model, rows, prompt and machine. */
function groundFields(runs: readonly RunMaterial[]): readonly DifferingField[] {
  const ground = (name: string, read: (run: RunMaterial) => string): DifferingField => ({
    key: name,
    name,
    values: runs.map(read),
    kind: "ground",
  });
  return [
    { ...ground("model", modelText), name: "Model" },
    { ...ground("data", dataText), name: "Rows to train on" },
    { ...ground("heldOut", heldOutText), name: "Held-out rows" },
    { ...ground("task", ({ task }) => inOrder(task)), name: "Prompt and labels" },
    { ...ground("adapter", ({ adapter }) => adapter), name: "GPU", kind: "machine" },
  ];
}

function modelText({ modelName, modelId }: RunMaterial): string {
  return modelId === "" ? modelName : `${modelName} (${modelId.slice(0, 8)})`;
}

function dataText({ data }: RunMaterial): string {
  return `${data.trainName}, ${formatCount(data.trainRows)} rows`;
}

function heldOutText({ data }: RunMaterial): string {
  return `${data.devName}, ${formatCount(data.devRows)} rows`;
}

function settingText(
  settings: SettingValues,
  key: string,
  catalogue: Catalogue | null,
): string | null {
  const value = settings[key];
  const method = key === METHOD_KEY && catalogue?.methods.find(({ id }) => id === value);
  if (method) return method.name;
  return value === undefined ? null : toldValue(value);
}

export interface Verdict {
  readonly tone: "good" | "warn" | "bad";
  readonly words: string;
  readonly meaning: string;
}

/**
 * Whether a difference in the outcome can be laid to a difference in the settings. Seeds may differ;
 * settings that only one method has go with the method.
 */
export function comparability(fields: readonly DifferingField[]): Verdict {
  const ground = fields.filter(({ kind }) => kind === "ground");
  const settings = fields.filter(({ kind }) => kind === "setting");
  const machine = fields.some(({ kind }) => kind === "machine");
  const clock = machine ? " Seconds come from different GPUs." : "";
  if (ground.length > 0) {
    const names = ground.map(({ name }) => name.toLowerCase()).join(", ");
    return {
      tone: "bad",
      words: `Not like for like: ${names} differ`,
      meaning: `These runs answer different questions; their numbers cannot be set side by side.${clock}`,
    };
  }
  if (settings.length === 0) {
    return {
      tone: "good",
      words: "Repeats: nothing differs besides the seed",
      meaning: `How far these runs lie apart is chance.${clock}`,
    };
  }
  if (settings.length === 1) {
    return {
      tone: "good",
      words: `Comparable: 1 field differs (${settings[0]?.name})`,
      meaning: `Besides chance, only this can explain a difference.${clock}`,
    };
  }
  return {
    tone: "warn",
    words: `${formatPlural(settings.length, "field")} differ`,
    meaning: `A difference cannot be laid to any one of them: ${settings.map(({ name }) => name).join(", ")}.${clock}`,
  };
}

/** Runs that differ in nothing but their seed, in the order of their first. */
export interface SeedGroup {
  readonly key: string;
  readonly name: string;
  readonly runs: readonly RunRecord[];
}

export function groupBySeed(
  runs: readonly RunRecord[],
  catalogue: Catalogue | null,
): readonly SeedGroup[] {
  const byKey = new Map<string, RunRecord[]>();
  for (const run of runs) {
    const key = keyWithoutSeed(run);
    const group = byKey.get(key);
    if (group) group.push(run);
    else byKey.set(key, [run]);
  }
  const firsts = [...byKey.values()].flatMap(([first]) => (first ? [first] : []));
  const fields = differingFields(firsts, catalogue).filter(({ kind }) => kind !== "machine");
  return [...byKey].map(([key, group], index) => ({
    key,
    name: groupName(group, fields, index),
    runs: group,
  }));
}

function keyWithoutSeed(run: RunRecord): string {
  const { [SEED_KEY]: _, ...settings }: SettingValues = run.settings;
  const { modelId, modelName, data, task, adapter } = run;
  return inOrder({ settings, modelId, modelName, data, task, adapter });
}

/** What sets a group apart from the others: "lezo, Learning rate 1e-4". */
function groupName(
  group: readonly RunRecord[],
  fields: readonly DifferingField[],
  index: number,
): string {
  const [first] = group;
  if (group.length === 1 && first) return first.name;
  const words = fields.flatMap(({ key, name, values, kind }) => {
    const value = values[index];
    if (value === null || value === undefined || kind === "method's own") return [];
    return [key === METHOD_KEY ? value : `${name} ${value}`];
  });
  return words.length > 0 ? words.join(", ") : (first?.name ?? "");
}
