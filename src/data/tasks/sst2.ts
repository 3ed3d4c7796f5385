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
  // CoLA has the same columns and labels in Hugging Face's form, and so may anyone's judgements on sentences. SST-2's
  // text is all lower case, and its punctuation stands by itself.
  recognise: (table) =>
    hasColumns(table, "sentence", "label") &&
    hasOnly(table, "sentence", "label", "idx") &&
    labelsAre(table, ["label"], ["0", "1"]) &&
    table.rows.every(({ sentence }) => typeof sentence === "string" && !/\p{Lu}/u.test(sentence)) &&
    (hasColumns(table, "idx") || table.rows.some(({ sentence }) => isTokenized(sentence))),
  prompt: (row) => `${pythonStrip(textOf(row, "sentence"))} It was`,
});

/** Whether punctuation and clitics stand apart, or a space ends the sentence, as in the published files: "it 's a joy . " */
function isTokenized(sentence: unknown): boolean {
  return typeof sentence === "string" && /\S (?:[.,;:?!]|'s|n't|--)(?: |$)|\S $/.test(sentence);
}
