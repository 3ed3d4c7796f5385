import { ZerothError } from "#base/errors.ts";
import { describeJson, z } from "#base/schema.ts";
import { quote } from "#base/text.ts";

export type SettingValue = number | string | boolean;
export type SettingValues = Readonly<Record<string, SettingValue>>;

/** One setting, described once: the form, the flags, the checks and the help text are made from it. */
export interface SettingDescription extends SettingText {
  /** camelCase key in a run's settings. */
  readonly key: string;
  readonly type: "number" | "integer" | "choice" | "boolean" | "text";
  readonly default: SettingValue;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly min?: number;
  readonly max?: number;
}

interface SettingText {
  /** Flag of the command line without dashes, in MeZO's and Hugging Face's words where they exist. */
  readonly flag: string;
  readonly label: string;
  /** What it does, in one or two sentences. */
  readonly help: string;
  /** Where the default comes from. */
  readonly source: string;
  /** Shown in the folded part of the form. */
  readonly advanced?: boolean;
  /** The setting has an effect, and is shown, only if another setting has this value. */
  readonly onlyWith?: { readonly key: string; readonly value: SettingValue };
  /** Name in MeZO's `run.py`, where it has this setting. */
  readonly runPy?: string;
  /** A learning rate: a search for learning rates scales it along with the main one. */
  readonly isLearningRate?: boolean;
}

type Described = Omit<SettingDescription, "key">;

/** What `.meta` of a setting's schema holds. */
const described = z.registry<Described>();

interface NumberSetting extends SettingText {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** A finite number from `min` to `max`. */
export function number(setting: NumberSetting) {
  const schema = z
    .number({ error: ({ input }) => wrong(setting, input, "a number") })
    .min(setting.min, { error: ({ input }) => outOfRange(setting, input) })
    .max(setting.max, { error: ({ input }) => outOfRange(setting, input) });
  return schema.default(setting.default).register(described, { ...setting, type: "number" });
}

/** A whole number from `min` to `max`. */
export function integer(setting: NumberSetting) {
  const schema = z
    .number({ error: ({ input }) => wrong(setting, input, "a number") })
    .refine(Number.isSafeInteger, {
      error: ({ input }) => wrong(setting, input, "a whole number"),
      abort: true,
    })
    .min(setting.min, { error: ({ input }) => outOfRange(setting, input) })
    .max(setting.max, { error: ({ input }) => outOfRange(setting, input) });
  return schema.default(setting.default).register(described, { ...setting, type: "integer" });
}

/** @param labels the values to choose from, and what the form calls them */
export function choice<const T extends string>(
  labels: Readonly<Record<T, string>>,
  setting: SettingText & { readonly default: NoInfer<T> },
) {
  const choices = Object.entries<string>(labels).map(([value, label]) => ({ value, label }));
  const names = choices.map(({ value }) => value).join(", ");
  const schema = z.custom<T>((value) => typeof value === "string" && Object.hasOwn(labels, value), {
    error: ({ input }) => wrong(setting, input, `one of ${names}`),
  });
  return schema
    .default(() => setting.default)
    .register(described, { ...setting, type: "choice", choices });
}

export function toggle(setting: SettingText & { readonly default: boolean }) {
  const schema = z.boolean({ error: ({ input }) => wrong(setting, input, "true or false") });
  return schema.default(setting.default).register(described, { ...setting, type: "boolean" });
}

export function text(setting: SettingText & { readonly default: string }) {
  const schema = z.string({ error: ({ input }) => wrong(setting, input, "text") });
  return schema.default(setting.default).register(described, { ...setting, type: "text" });
}

/** The settings of a shape as plain data, in its order. */
export function describeSettings(shape: z.core.$ZodShape): readonly SettingDescription[] {
  return Object.entries(shape).map(([key, schema]) => {
    const description = described.get(schema);
    if (!description) throw new Error(`The setting "${key}" has no description.`);
    return { key, ...description };
  });
}

/** A value quoted in a sentence: texts cut, objects and lists by their kind alone. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quote(value);
  return typeof value === "number" ? String(value) : describeJson(value);
}

/** The number given with a flag. @throws ZerothError E-CFG-1 */
export function numberFromText(flag: string, value: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isFinite(number)) return number;
  throw new ZerothError("E-CFG-1", `--${flag} is ${quote(value)}; it should be a number.`);
}

/** The error for a flag's value that is neither true nor false. */
export function notTrueOrFalse(flag: string, value: string): ZerothError {
  return new ZerothError("E-CFG-1", `--${flag} is ${quote(value)}; it should be true or false.`);
}

function wrong({ label }: SettingText, input: unknown, needed: string): string {
  return `${label} is ${show(input)}; it should be ${needed}.`;
}

function outOfRange({ label, min, max }: NumberSetting, input: unknown): string {
  return `${label} is ${String(input)}; it should lie in ${min} … ${max}.`;
}
