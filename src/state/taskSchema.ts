import * as z from "zod/mini";
import type { CustomTask, RowRules, TaskSpec } from "./engineTypes.ts";

const text = {
  kind: z.enum(["classification", "multiple choice", "generation"]),
  template: z.string().check(z.maxLength(20_000)),
  labelColumn: z.string(),
  labels: z.array(z.string()),
  words: z.array(z.string()),
  bos: z.union([z.literal(0), z.literal(2)]),
  maxLength: z.int().check(z.positive()),
};

/** A task of one's own, as it is saved and handed on. */
export const customTaskSchema: z.ZodMiniType<CustomTask> = z.object({
  ...text,
  optionColumns: z.exactOptional(z.array(z.string())),
});

type BuiltIn = Extract<TaskSpec, { task: unknown }>;

const builtInSchema: z.ZodMiniType<BuiltIn> = z.object({
  ...text,
  // Which names there are the engine knows; it refuses others by name.
  task: z.custom<BuiltIn["task"]>((name) => typeof name === "string"),
  columns: z.exactOptional(z.record(z.string(), z.string())),
});

/** Any task, as a settings file has it. */
export const taskSchema: z.ZodMiniType<TaskSpec> = z.union([builtInSchema, customTaskSchema]);

const size = z.int().check(z.nonnegative());

/** How rows were drawn, as a settings file has it. */
export const rulesSchema: z.ZodMiniType<Partial<RowRules>> = z.object({
  trainRows: z.exactOptional(size),
  devRows: z.exactOptional(size),
  testRows: z.exactOptional(size),
  dataSeed: z.exactOptional(size),
  secondFile: z.exactOptional(z.enum(["test", "dev"])),
  duplicates: z.exactOptional(z.enum(["keep", "drop"])),
  leaks: z.exactOptional(z.enum(["keep", "drop"])),
  empty: z.exactOptional(z.enum(["keep", "drop"])),
  long: z.exactOptional(z.enum(["cut", "drop"])),
  foreign: z.exactOptional(z.enum(["drop", "stop"])),
});
