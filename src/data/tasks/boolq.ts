import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, hasOnly, labelsAre, textOf, upperFirst } from "./rowValues.ts";

/**
 * A question about a passage, answered by yes or no. BoolQ in SuperGLUE's JSONL (`label`) and Hugging
 * Face's `boolq` (`answer`) and `super_glue/boolq`.
 *
 * @see MeZO, large_models/templates.py, BoolQTemplateV3, and tasks.py, BoolQDataset: Yes comes first
 */
export const boolq: TaskDefinition = classification({
  id: "BoolQ",
  title: "BoolQ: yes or no, by the passage?",
  template: "{passage} {question}?\n",
  words: ["Yes", "No"],
  labelNames: [
    ["true", "1"],
    ["false", "0"],
  ],
  labelColumns: ["answer", "label"],
  columns: [["passage", "question"]],
  recognise: (table) =>
    hasColumns(table, "passage", "question") &&
    (hasColumns(table, "label") || hasColumns(table, "answer")) &&
    hasOnly(table, "passage", "question", "label", "answer", "idx", "title") &&
    labelsAre(table, ["answer", "label"], ["true", "false", "1", "0"]),
  prompt: (row) => {
    const question = textOf(row, "question");
    const asked = question.endsWith("?") ? question : `${question}?`;
    return `${textOf(row, "passage")} ${upperFirst(asked)}\n`;
  },
});
