import { ZerothError } from "#base/errors.ts";
import { choiceSetting, numberSetting, type SettingValues, textSetting } from "#zo/settings.ts";
import type { OptConfig } from "./config.ts";
import type { Parameter } from "./parameters.ts";

/**
 * Which parameters a run's settings let move: all, the last blocks with what comes after them (the
 * final norm and a score head), or those whose names match a pattern (`*` stands for any text, commas separate patterns).
 *
 * @throws ZerothError E-CFG-1 if no parameter is left
 */
export function trainableBy(
  settings: SettingValues,
  config: OptConfig,
  table: readonly Parameter[],
): (parameter: Parameter) => boolean {
  const test = chooser(settings, config);
  if (table.some(test)) return test;
  throw new ZerothError(
    "E-CFG-1",
    `No parameter matches "${textSetting(settings, "trainablePattern")}". Names look like ` +
      `${table.at(-1)?.name}.`,
  );
}

function chooser(settings: SettingValues, config: OptConfig): (parameter: Parameter) => boolean {
  const part = choiceSetting(settings, "trainable", ["all", "last", "named"]);
  switch (part) {
    case "all":
      return () => true;
    case "last": {
      const first = config.numHiddenLayers - numberSetting(settings, "trainableBlocks");
      return ({ stage, role }) =>
        typeof stage === "number" ? stage >= first : stage === "output" && role !== "matrix";
    }
    case "named": {
      const patterns = textSetting(settings, "trainablePattern").split(",").map(toPattern);
      return ({ name }) => patterns.some((pattern) => pattern.test(name));
    }
    default:
      return part satisfies never;
  }
}

function toPattern(text: string): RegExp {
  const parts = text.trim().split("*");
  return new RegExp(`^${parts.map((part) => part.replace(/[^\w]/g, "\\$&")).join(".*")}$`);
}
