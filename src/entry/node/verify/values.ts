import { readFileSync } from "node:fs";
import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";

/**
 * Reference values for a model from another program: published ones for the real models (published.json), or
 * made with transformers by `src/tools/verify_values.py`.
 */
export type Values = z.infer<typeof values>;
export type ModelValues = Values["models"][number];
export type Check = ModelValues["checks"][number];

const ids = z.array(z.int().min(0)).min(1);
const matrix = z.array(z.array(z.number()).min(1)).min(1);
const named = { name: z.string(), source: z.string() };
/** A value may be off by allowed + relative · |expected|. */
const tolerance = { allowed: z.number().min(0), relative: z.number().min(0).optional() };

const check = z.discriminatedUnion("kind", [
  z.object({ ...named, kind: z.literal("parameters"), expected: z.int() }),
  /** A prompt as ids, with `</s>` first. */
  z.object({ ...named, kind: z.literal("tokens"), text: z.string(), expected: ids }),
  /** Mean −log p of every id but the first, nats. */
  z.object({ ...named, kind: z.literal("loss"), ids, expected: z.number(), ...tolerance }),
  /** The first values of the first positions, after the final norm and project_out. */
  z.object({ ...named, kind: z.literal("hidden"), ids, expected: matrix, ...tolerance }),
  /** Mean logit over the vocabulary for each position of each row; mask 0 is padding. */
  z.object({
    ...named,
    kind: z.literal("logits mean"),
    ids: z.array(ids),
    mask: z.array(ids),
    expected: matrix,
    ...tolerance,
  }),
  /** The ids of greedy generation. */
  z.object({ ...named, kind: z.literal("greedy"), ids, expected: ids, text: z.string() }),
]);

const values = z.object({
  about: z.string(),
  models: z.array(
    z.object({
      name: z.string(),
      /** Identifies the model. */
      shape: z.object({
        hidden_size: z.int(),
        num_hidden_layers: z.int(),
        word_embed_proj_dim: z.int(),
        vocab_size: z.int(),
      }),
      checks: z.array(check),
      notChecked: z.array(z.object({ name: z.string(), why: z.string() })),
    }),
  ),
});

/** @throws ZerothError E-FILE-1 if the file cannot be read, E-FILE-3 if it has another shape */
export function readValues(path: string | URL): Values {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new ZerothError("E-FILE-1", `"${String(path)}" could not be read. Is the path right?`);
  }
  try {
    return values.parse(JSON.parse(text));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const where = issue ? `"${issue.path.join(".")}": ${issue.message}` : "it is no JSON";
    throw new ZerothError("E-FILE-3", `"${String(path)}" has no reference values (${where}).`);
  }
}
