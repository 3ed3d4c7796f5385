import type { RunSettings } from "./commonSettings.ts";
import { methodOf, resolveSettings, withLearningRate } from "./resolveSettings.ts";

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
  const rate = defaultLearningRate(resolved.method, parameterCount);
  return { ...withLearningRate(resolved, rate), ...ratesOf(resolved, given) };
}

/** Learning rates of the method's own that were set. */
function ratesOf(
  { method }: RunSettings,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  const { settings } = methodOf({ method }).description;
  const set = settings.filter(({ key, isLearningRate }) => isLearningRate && key in given);
  return Object.fromEntries(set.map(({ key }) => [key, Number(given[key])]));
}
