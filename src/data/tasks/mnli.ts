import { suppose } from "./cb.ts";
import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, textOf } from "./rowValues.ts";

/**
 * Does the premise bear out the hypothesis, contradict it, or neither? MNLI in GLUE's TSV
 * (`sentence1`, `sentence2`, `gold_label`) and Hugging Face's `glue/mnli`.
 *
 * MeZO has no prompt for OPT here. LM-BFF's, which it uses for RoBERTa, puts the word between the
 * sentences ("{premise}? Yes, {hypothesis}"), where a causal model has not read the hypothesis yet.
 * Instead the question that MeZO asks of CB, which PromptSource also has for MNLI ("can we infer").
 *
 * @see MeZO, large_models/templates.py, CBTemplate, and medium_models/run_fewshot.sh
 */
export const mnli: TaskDefinition = classification({
  id: "MNLI",
  title: "MNLI: borne out, contradicted, or neither?",
  template: 'Suppose {premise} Can we infer that "{hypothesis}"? Yes, No, or Maybe?\n',
  words: ["Yes", "Maybe", "No"],
  labelNames: [
    ["entailment", "0"],
    ["neutral", "1"],
    ["contradiction", "2"],
  ],
  labelColumns: ["label", "gold_label"],
  columns: [
    ["premise", "hypothesis"],
    ["sentence1", "sentence2"],
  ],
  // SNLI's files have gold_label too, but no genre. Hugging Face's columns are CB's as well.
  recognise: (table) => hasColumns(table, "genre", "sentence1", "sentence2", "gold_label"),
  prompt: (row) =>
    suppose(textOf(row, "premise", "sentence1"), textOf(row, "hypothesis", "sentence2")),
});
