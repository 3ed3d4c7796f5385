import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, textOf } from "./rowValues.ts";

/**
 * Does the word mean the same in both sentences? WiC in SuperGLUE's JSONL and Hugging Face's
 * `super_glue/wic`.
 *
 * @see MeZO, large_models/templates.py, WICTemplate
 */
export const wic: TaskDefinition = classification({
  id: "WIC",
  title: "WiC: does the word mean the same?",
  template:
    'Does the word "{word}" have the same meaning in these two sentences? Yes, No?\n' +
    "{sentence1}\n{sentence2}\n",
  words: ["No", "Yes"],
  labelNames: [
    ["false", "0"],
    ["true", "1"],
  ],
  columns: [["word", "sentence1", "sentence2"]],
  recognise: (table) => hasColumns(table, "word", "sentence1", "sentence2", "label"),
  prompt: (row) => {
    const [first, second] = [textOf(row, "sentence1"), textOf(row, "sentence2")];
    const question = `Does the word "${textOf(row, "word")}" have the same meaning in these two sentences?`;
    return `${question} Yes, No?\n${first}\n${second}\n`;
  },
});
