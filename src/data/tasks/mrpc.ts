import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, textOf } from "./rowValues.ts";

/**
 * Do two sentences mean the same? MRPC in GLUE's TSV (`#1 String`, `#2 String`, `Quality`) and Hugging
 * Face's `glue/mrpc`.
 *
 * MeZO has no prompt for OPT here, and LM-BFF's puts the word between the sentences, where a causal
 * model has not read the second yet. This is the one that EleutherAI's evaluation harness uses for
 * causal models.
 *
 * @see lm-evaluation-harness, lm_eval/tasks/glue/mrpc/default.yaml
 */
export const mrpc: TaskDefinition = classification({
  id: "MRPC",
  title: "MRPC: do the sentences mean the same?",
  template:
    "Sentence 1: {sentence1}\nSentence 2: {sentence2}\n" +
    "Question: Do both sentences mean the same thing?\nAnswer:",
  words: [" no", " yes"],
  labelNames: [
    ["not_equivalent", "0"],
    ["equivalent", "1"],
  ],
  labelColumns: ["label", "Quality"],
  columns: [
    ["sentence1", "sentence2"],
    ["#1 String", "#2 String"],
  ],
  // Hugging Face's columns and labels are those of RTE and WNLI as well.
  recognise: (table) => hasColumns(table, "Quality", "#1 String", "#2 String"),
  prompt: (row) => {
    const first = textOf(row, "sentence1", "#1 String");
    const second = textOf(row, "sentence2", "#2 String");
    const question = "Question: Do both sentences mean the same thing?\nAnswer:";
    return `Sentence 1: ${first}\nSentence 2: ${second}\n${question}`;
  },
});
