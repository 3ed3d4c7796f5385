import { ZerothError } from "#base/errors.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import type { OptConfig } from "./config.ts";
import type { Parameter } from "./parameters.ts";

type TrainableSettings = Pick<RunSettings, "trainable" | "trainableBlocks" | "trainablePattern">;

/**
 * Returns a test for the trainable parameters of a run: all, the last blocks with the final norm and a score
 * head, or those whose names match a pattern (`*` stands for any text, commas separate patterns).
 *
 * @throws ZerothError E-CFG-4 if no parameter matches
 */
export function trainableBy(
  settings: TrainableSettings,
  config: OptConfig,
  table: readonly Parameter[],
): (parameter: Parameter) => boolean {
  const test = chooser(settings, config);
  if (table.some(test)) return test;
  throw new ZerothError(
    "E-CFG-4",
    `No parameter matches "${settings.trainablePattern}". Names look like ` +
      `${table.at(-1)?.name}.`,
  );
}

function chooser(
  settings: TrainableSettings,
  config: OptConfig,
): (parameter: Parameter) => boolean {
  const { trainable } = settings;
  switch (trainable) {
    case "all":
      return () => true;
    case "last": {
      const first = config.numHiddenLayers - settings.trainableBlocks;
      return ({ stage, role }) =>
        typeof stage === "number" ? stage >= first : stage === "output" && role !== "matrix";
    }
    case "named": {
      const patterns = settings.trainablePattern.split(",").map(toPattern);
      return ({ name }) => patterns.some((pattern) => pattern.test(name));
    }
    default:
      return trainable satisfies never;
  }
}

function toPattern(text: string): RegExp {
  const parts = text.trim().split("*");
  return new RegExp(`^${parts.map((part) => part.replace(/[^\w]/g, "\\$&")).join(".*")}$`);
}
