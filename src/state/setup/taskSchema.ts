import * as z from "zod/mini";
import type { CustomTask } from "#data/tasks/task.ts";

/** A task of one's own, as it is saved and handed on. */
export const customTaskSchema: z.ZodMiniType<CustomTask> = z.object({
  kind: z.enum(["classification", "multiple choice", "generation"]),
  template: z.string().check(z.maxLength(20_000)),
  labelColumn: z.string(),
  labels: z.array(z.string()),
  words: z.array(z.string()),
  bos: z.exactOptional(z.union([z.literal(0), z.literal(2)])),
  maxLength: z.int().check(z.positive()),
  optionColumns: z.exactOptional(z.array(z.string())),
  head: z.exactOptional(z.literal(true)),
});
