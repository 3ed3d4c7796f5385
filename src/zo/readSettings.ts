import { ZerothError } from "#base/errors.ts";
import { commonSettings } from "./commonSettings.ts";
import { methods } from "./methods/index.ts";
import type { Method } from "./methods/method.ts";
import {
  type SettingDescription,
  type SettingValue,
  type SettingValues,
  show,
} from "./settings.ts";

/** The method a run's settings name. */
export function methodOf(settings: SettingValues): Method {
  const id = settings["method"];
  const method = methods.find((candidate) => candidate.description.id === id);
  if (method) return method;
  const known = methods.map(({ description }) => description.id).join(", ");
  throw new ZerothError("E-CFG-1", `There is no method ${show(id)}. Choose one of ${known}.`);
}

/**
 * Settings made whole: defaults filled in, every value checked against its description.
 *
 * @throws ZerothError E-CFG-1 for an unknown key, a wrong type or a value out of range
 */
export function resolveSettings(given: Readonly<Record<string, unknown>>): SettingValues {
  const method = methodOf({ method: "mezo", ...onlyValues(given) });
  const descriptions = [...commonSettings, ...method.description.settings];
  const resolved: Record<string, SettingValue> = { method: method.description.id };
  const usual = method.usual?.(given) ?? {};
  for (const description of descriptions) {
    const { key } = description;
    const value = given[key] ?? usual[key] ?? description.default;
    resolved[key] = checkValue(description, value);
  }
  for (const key of Object.keys(given)) {
    if (!(key in resolved)) throw unknownKey(key, Object.keys(resolved));
  }
  method.check(resolved);
  return resolved;
}

/** The value as it may stand in a run's settings. @throws ZerothError E-CFG-1 */
export function checkValue(description: SettingDescription, value: unknown): SettingValue {
  const { label, type, min, max, choices } = description;
  if (type === "choice") {
    if (choices?.some((choice) => choice.value === value)) return String(value);
    const names = choices?.map((choice) => choice.value).join(", ");
    throw new ZerothError("E-CFG-1", `${label} is ${show(value)}; it should be one of ${names}.`);
  }
  if (type === "text") {
    if (typeof value === "string") return value;
    throw new ZerothError("E-CFG-1", `${label} is ${show(value)}; it should be text.`);
  }
  if (type === "boolean") {
    if (typeof value === "boolean") return value;
    throw new ZerothError("E-CFG-1", `${label} is ${show(value)}; it should be true or false.`);
  }
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new ZerothError("E-CFG-1", `${label} is ${show(value)}; it should be a number.`);
  }
  if (type === "integer" && !Number.isSafeInteger(value)) {
    throw new ZerothError("E-CFG-1", `${label} is ${value}; it should be a whole number.`);
  }
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) {
    throw new ZerothError("E-CFG-1", `${label} is ${value}; it should lie in ${min} … ${max}.`);
  }
  return value;
}

function onlyValues(given: Readonly<Record<string, unknown>>): SettingValues {
  const method = given["method"];
  return typeof method === "string" ? { method } : {};
}

function unknownKey(key: string, known: readonly string[]): ZerothError {
  return new ZerothError(
    "E-CFG-1",
    `There is no setting "${key}" for this method. It has: ${known.join(", ")}.`,
  );
}
