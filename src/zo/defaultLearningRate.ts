import type { RunSettings } from "./commonSettings.ts";
import { commonDescriptions, defaultMethodId } from "./methods/index.ts";
import { methodOf, resolveSettings } from "./resolveSettings.ts";
import type { SettingDescription } from "./settings.ts";

/** A model whose learning rate was measured: the bundled demo, see docs/benchmarks.md. */
const MEASURED = { parameterCount: 170_000, learningRate: 2e-4 };

/** Where the rule of `defaultLearningRate` comes from. */
export const defaultLearningRateSource =
  "2e-4 works on the bundled demo (170,000 parameters), and falls with the square root of the model's " +
  "size: 7e-6 for OPT-125m, 7e-7 for OPT-13b, for which MeZO (Table 16) uses 1e-6 or 1e-7";

/**
 * Returns the learning rate that a method starts with on a model of this size, unless one is set: MeZO's
 * and of the methods derived from it, 2e-4 · √(170,000 / parameters), to one digit. A method with a
 * learning rate of its own, as FZOO, has its own default.
 */
export function defaultLearningRate(methodId: string, parameterCount: number): number {
  const { description } = methodOf({ method: methodId });
  const own = description.settings.find(({ key }) => key === "learningRate");
  if (own) return Number(own.default);
  const ratio = MEASURED.parameterCount / Math.max(1, parameterCount);
  return Number((MEASURED.learningRate * Math.sqrt(ratio)).toPrecision(1));
}

/**
 * As `resolveSettings`, with learning rates by the size of the model where none is set. Rates of the
 * method's own, as MeZO-SVRG's at anchors, keep their ratio to the main one.
 *
 * @throws as `resolveSettings`
 */
export function resolveSettingsFor(
  given: Readonly<Record<string, unknown>>,
  parameterCount: number,
): RunSettings {
  const resolved = resolveSettings(given);
  if ((given["learningRate"] ?? null) !== null) return resolved;
  const { settings } = methodOf(resolved).description;
  const described = describeSettingsFor([...commonDescriptions, ...settings], parameterCount);
  const rates = described.filter(
    ({ key }) => isRate(key, settings) && (given[key] ?? null) === null,
  );
  return { ...resolved, ...Object.fromEntries(rates.map(({ key, default: rate }) => [key, rate])) };
}

/**
 * Descriptions of settings, with the learning rates of a model of this size as defaults. A learning rate
 * that is a method's own setting keeps its default.
 */
export function describeSettingsFor(
  descriptions: readonly SettingDescription[],
  parameterCount: number,
): readonly SettingDescription[] {
  const [common] = commonDescriptions.filter(({ key }) => key === "learningRate");
  const rate = defaultLearningRate(defaultMethodId, parameterCount);
  return descriptions.map((setting) => {
    if (setting === common) return { ...setting, default: rate, source: defaultLearningRateSource };
    if (!setting.isLearningRate || !common) return setting;
    const ratio = rate / Number(common.default);
    return { ...setting, default: Number((Number(setting.default) * ratio).toPrecision(6)) };
  });
}

function isRate(key: string, own: readonly SettingDescription[]): boolean {
  if (key === "learningRate") return !own.some((setting) => setting.key === key);
  return own.some((setting) => setting.key === key && setting.isLearningRate);
}
