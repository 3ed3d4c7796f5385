import { z } from "#base/schema.ts";
import type { SplitRules } from "#data/examples/splits.ts";

const rows = z.int().min(0).max(1_000_000_000);
const kept = z.enum(["keep", "drop"]);
const shape = {
  trainRows: rows,
  devRows: rows,
  testRows: rows,
  dataSeed: z.int().min(0),
  secondFile: z.enum(["test", "dev"]),
  duplicates: kept,
  leaks: kept,
  empty: kept,
  long: z.enum(["cut", "drop"]),
  foreign: z.enum(["drop", "stop"]),
};

/** How a run's rows were drawn, as it is stored. */
export const rulesSchema: z.ZodType<SplitRules> = z.looseObject(shape);

/** The same from a settings file or a link: any part of it. */
export const someRulesSchema: z.ZodType<Partial<SplitRules>> = z.object({
  trainRows: shape.trainRows.exactOptional(),
  devRows: shape.devRows.exactOptional(),
  testRows: shape.testRows.exactOptional(),
  dataSeed: shape.dataSeed.exactOptional(),
  secondFile: shape.secondFile.exactOptional(),
  duplicates: shape.duplicates.exactOptional(),
  leaks: shape.leaks.exactOptional(),
  empty: shape.empty.exactOptional(),
  long: shape.long.exactOptional(),
  foreign: shape.foreign.exactOptional(),
});
