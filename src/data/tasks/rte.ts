import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, hasOnly, labelsAre, textOf } from "./rowValues.ts";

/**
 * Does the premise bear out the hypothesis? RTE in SuperGLUE's JSONL, GLUE's TSV (`sentence1`,
 * `sentence2`) and Hugging Face's `super_glue/rte`.
 *
 * @see MeZO, large_models/templates.py, RTETemplate
 */
export const rte: TaskDefinition = classification({
  id: "RTE",
  title: "RTE: does the premise bear out the hypothesis?",
  template: '{premise}\nDoes this mean that "{hypothesis}" is true? Yes or No?\n',
  words: ["Yes", "No"],
  labelNames: [
    ["entailment", "0"],
    ["not_entailment", "1"],
  ],
  columns: [
    ["premise", "hypothesis"],
    ["sentence1", "sentence2"],
  ],
  // Labels as numbers would do for MRPC (sentences) and parts of MNLI or CB (premises) as well.
  recognise: (table) =>
    (hasColumns(table, "premise", "hypothesis", "label") ||
      hasColumns(table, "sentence1", "sentence2", "label")) &&
    hasOnly(table, "premise", "hypothesis", "sentence1", "sentence2", "label", "idx", "index") &&
    labelsAre(table, ["label"], ["entailment", "not_entailment"]),
  prompt: (row) => {
    const premise = textOf(row, "premise", "sentence1");
    const hypothesis = textOf(row, "hypothesis", "sentence2");
    return `${premise}\nDoes this mean that "${hypothesis}" is true? Yes or No?\n`;
  },
});
