import { classification, smallSizes, type TaskDefinition } from "./definition.ts";
import { hasColumns, hasOnly, labelsAre, textOf } from "./rowValues.ts";

/** Rows of CB's training part, the largest that is labelled. */
const MOST_ROWS = 250;

/**
 * Does the speaker hold the hypothesis to be true? CommitmentBank in SuperGLUE's JSONL and Hugging
 * Face's `super_glue/cb`.
 *
 * @see MeZO, large_models/templates.py, CBTemplate
 */
export const cb: TaskDefinition = classification({
  id: "CB",
  title: "CB: does the premise commit the speaker to the hypothesis?",
  template: 'Suppose {premise} Can we infer that "{hypothesis}"? Yes, No, or Maybe?\n',
  words: ["Yes", "No", "Maybe"],
  labelNames: [
    ["entailment", "0"],
    ["contradiction", "1"],
    ["neutral", "2"],
  ],
  sizes: smallSizes,
  columns: [["premise", "hypothesis"]],
  // MNLI with names for labels looks the same, but has no files this small; numbers mean others there.
  recognise: (table) =>
    hasColumns(table, "premise", "hypothesis", "label", "idx") &&
    hasOnly(table, "premise", "hypothesis", "label", "idx") &&
    table.rows.length <= MOST_ROWS &&
    labelsAre(table, ["label"], ["entailment", "contradiction", "neutral"]) &&
    table.rows.some(({ label }) => label !== "entailment"),
  prompt: (row) => suppose(textOf(row, "premise"), textOf(row, "hypothesis")),
});

/** The question of CB and MNLI, "can we infer" in PromptSource. */
export function suppose(premise: string, hypothesis: string): string {
  return `Suppose ${premise} Can we infer that "${hypothesis}"? Yes, No, or Maybe?\n`;
}
