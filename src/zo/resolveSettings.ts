import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import { quote } from "#base/text.ts";
import { commonSettings, type RunSettings } from "./commonSettings.ts";
import { commonDescriptions, defaultMethodId, type Method, methods } from "./methods/index.ts";
import type { MethodTraits } from "./methods/method.ts";
import { type SettingValues, show } from "./settings.ts";

/** The method that settings name. @throws ZerothError E-CFG-2 */
export function methodOf({ method: id }: { readonly method?: unknown }): Method {
  const method = methods.find(({ description }) => description.id === id);
  if (method) return method;
  const known = methods.map(({ description }) => description.id).join(", ");
  throw new ZerothError("E-CFG-2", `There is no method ${show(id)}. Choose one of ${known}.`);
}

export function traitsOf(settings: RunSettings): MethodTraits {
  return methodOf(settings).traits(settings);
}

/** True if a step may leave out weights of an active matrix: large ones, or those not trainable. */
export function usesMask(settings: RunSettings): boolean {
  return traitsOf(settings).sparsity > 0 || settings.trainable !== "all";
}

/**
 * Complete settings of a run: defaults filled in, every value checked.
 *
 * @throws ZerothError E-CFG-1 for a wrong type or a value out of range, E-CFG-2 for an unknown method or
 *   setting, E-CFG-3 for settings that conflict
 */
export function resolveSettings(given: Readonly<Record<string, unknown>>): RunSettings {
  const method = methodOf({ method: given["method"] ?? defaultMethodId });
  const known = ["method", ...keysOf(method)];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  const values = Object.entries(given).filter(([key]) => known.includes(key));
  const parsed = method.schema.safeParse(withDefaults(method, values));
  if (!parsed.success) throw new ZerothError("E-CFG-1", parsed.error.issues[0]!.message);
  if (unknown !== undefined) {
    throw new ZerothError(
      "E-CFG-2",
      `There is no setting ${quote(unknown)} for this method. It has: ${known.join(", ")}.`,
    );
  }
  method.check(parsed.data);
  return parsed.data;
}

/** The settings with another learning rate; the method's own learning rates change in proportion. */
export function withLearningRate(settings: RunSettings, learningRate: number): RunSettings {
  const ratio = learningRate / settings.learningRate;
  const { description } = methodOf(settings);
  const rates = description.settings.filter(({ isLearningRate }) => isLearningRate);
  const values: SettingValues = settings;
  const scaled = rates.map(({ key }) => [key, Number(values[key]) * ratio]);
  return { ...settings, ...Object.fromEntries(scaled), learningRate };
}

/**
 * Schema for the settings of a stored run. Settings that did not exist when it was stored get their
 * defaults, which are what such a run did; those of a newer version are kept.
 */
export const storedSettings: z.ZodType<RunSettings> = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
  .transform((stored): Readonly<Record<string, unknown>> => {
    const method = methods.find(({ description }) => description.id === stored["method"]);
    const own = method?.description.settings ?? [];
    return {
      ...Object.fromEntries(own.map((setting) => [setting.key, setting.default])),
      ...stored,
    };
  })
  .pipe(z.looseObject({ method: z.string().default(defaultMethodId), ...commonSettings }));

function keysOf({ description }: Method): readonly string[] {
  return [...commonDescriptions, ...description.settings].map(({ key }) => key);
}

/** The values given, and the defaults that depend on them where none is given. */
function withDefaults(
  { description, dependentDefaults }: Method,
  values: readonly (readonly [string, unknown])[],
) {
  const given = Object.fromEntries(
    values.filter(([, value]) => value !== null && value !== undefined),
  );
  return { ...dependentDefaults(given), ...given, method: description.id };
}
