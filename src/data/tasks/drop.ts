import { defaultSizes, type TaskDefinition } from "./definition.ts";
import { hasColumns, rowIn, textOf, textsOf } from "./rowValues.ts";
import { generationSample } from "./squad.ts";
import { pythonStrip } from "./template.ts";

/**
 * Answer the question, counting or comparing what the passage says. DROP as Hugging Face's `drop` has it.
 *
 * @see MeZO, large_models/templates.py, DROPTemplate
 */
export const drop: TaskDefinition = {
  id: "DROP",
  title: "DROP: count and compare what the passage says",
  kind: "generation",
  template: "Passage: {passage}\nQuestion: {question}\nAnswer:",
  labelColumn: "answers_spans",
  labels: [],
  words: [],
  sizes: defaultSizes,
  columns: [["passage", "question"]],
  recognise: (table) => hasColumns(table, "passage", "question", "answers_spans"),
  samples: (row) => {
    const spans = rowIn(row, "answers_spans");
    const question = pythonStrip(textOf(row, "question"));
    const prompt = `Passage: ${textOf(row, "passage")}\nQuestion: ${question}\nAnswer:`;
    return [generationSample(prompt, spans === null ? [] : textsOf(spans, "spans"))];
  },
};
