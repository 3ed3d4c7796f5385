import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, labelsAre, textOf } from "./rowValues.ts";

/**
 * Is the sentence acceptable English? CoLA as Hugging Face's `glue/cola` has it. The original TSV has no
 * header; with `source`, `label`, `star` and `sentence` put above it, it can be read as well.
 *
 * MeZO has no prompt for OPT here. This is LM-BFF's, which it uses for RoBERTa, up to the word: as in
 * MeZO's SST-2, the full stop behind it is left out.
 *
 * @see MeZO, medium_models/run_fewshot.sh
 */
export const cola: TaskDefinition = classification({
  id: "CoLA",
  title: "CoLA: is the sentence acceptable?",
  template: "{sentence} This is",
  words: [" incorrect", " correct"],
  labelNames: [
    ["unacceptable", "0"],
    ["acceptable", "1"],
  ],
  columns: [["sentence"]],
  // Without the source, the columns are those of SST-2 and of anyone's judgements on sentences.
  recognise: (table) =>
    hasColumns(table, "source", "label", "star", "sentence") &&
    labelsAre(table, ["label"], ["0", "1"]),
  prompt: (row) => `${textOf(row, "sentence")} This is`,
});
