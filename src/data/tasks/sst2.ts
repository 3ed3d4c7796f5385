import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, hasOnly, labelsAre, textOf } from "./rowValues.ts";
import { pythonStrip } from "./template.ts";

/**
 * Is a phrase of a film review good or bad? SST-2 in GLUE's TSV and Hugging Face's `glue/sst2`.
 *
 * @see MeZO, large_models/templates.py, SST2Template
 */
export const sst2: TaskDefinition = classification({
  id: "SST2",
  title: "SST-2: is the review good or bad?",
  template: "{sentence} It was",
  words: [" terrible", " great"],
  labelNames: [
    ["negative", "0"],
    ["positive", "1"],
  ],
  columns: [["sentence"]],
  // CoLA has the same columns and labels in Hugging Face's form. SST-2's text is all lower case.
  recognise: (table) =>
    hasColumns(table, "sentence", "label") &&
    hasOnly(table, "sentence", "label", "idx") &&
    labelsAre(table, ["label"], ["0", "1"]) &&
    table.rows.every(({ sentence }) => typeof sentence === "string" && !/\p{Lu}/u.test(sentence)),
  prompt: (row) => `${pythonStrip(textOf(row, "sentence"))} It was`,
});
