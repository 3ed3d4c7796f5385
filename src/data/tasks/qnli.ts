import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, hasOnly, labelsAre, textOf } from "./rowValues.ts";

/**
 * Does the sentence answer the question? QNLI in GLUE's TSV and Hugging Face's `glue/qnli`.
 *
 * MeZO has no prompt for OPT here, and LM-BFF's puts the word between question and sentence, where a
 * causal model has not read the sentence yet. This is the one that EleutherAI's evaluation harness
 * uses for causal models.
 *
 * @see lm-evaluation-harness, lm_eval/tasks/glue/qnli/default.yaml
 */
export const qnli: TaskDefinition = classification({
  id: "QNLI",
  title: "QNLI: does the sentence answer the question?",
  template: "{question}\n{sentence}\nQuestion: Does this response answer the question?\nAnswer:",
  words: [" yes", " no"],
  labelNames: [
    ["entailment", "0"],
    ["not_entailment", "1"],
  ],
  columns: [["question", "sentence"]],
  recognise: (table) =>
    hasColumns(table, "question", "sentence", "label") &&
    hasOnly(table, "question", "sentence", "label", "idx", "index") &&
    labelsAre(table, ["label"], ["entailment", "not_entailment", "0", "1"]),
  prompt: (row) => {
    const [question, sentence] = [textOf(row, "question"), textOf(row, "sentence")];
    return `${question}\n${sentence}\nQuestion: Does this response answer the question?\nAnswer:`;
  },
});
