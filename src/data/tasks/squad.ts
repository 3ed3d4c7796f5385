import { defaultSizes, type Sample, type TaskDefinition } from "./definition.ts";
import { hasColumns, rowIn, rowsOf, textOf, textsOf } from "./rowValues.ts";
import { STOP_TEXT } from "./task.ts";
import { pythonStrip } from "./template.ts";

/**
 * Answer the question in words of the context. SQuAD 1.1 as Hugging Face's `squad` has it, also with
 * the answers of the original file (`[{"text", "answer_start"}]`).
 *
 * @see MeZO, large_models/templates.py, SQuADv2Template
 */
export const squad: TaskDefinition = {
  id: "SQuAD",
  title: "SQuAD: answer in words of the context",
  kind: "generation",
  template: "Title: {title}\nContext: {context}\nQuestion: {question}\nAnswer:",
  labelColumn: "answers",
  labels: [],
  words: [],
  sizes: defaultSizes,
  columns: [["title", "context", "question"]],
  recognise: (table) => hasColumns(table, "title", "context", "question", "answers"),
  samples: (row) => {
    const list = rowIn(row, "answers");
    const hasAnswers = Object.hasOwn(row, "answers");
    const written = hasAnswers && !list ? rowsOf(row, "answers") : [];
    const golds = list ? textsOf(list, "text") : written.map((answer) => textOf(answer, "text"));
    const [title, context] = [textOf(row, "title"), textOf(row, "context")];
    const question = pythonStrip(textOf(row, "question"));
    const prompt = `Title: ${title}\nContext: ${context}\nQuestion: ${question}\nAnswer:`;
    return [generationSample(prompt, golds)];
  },
};

/** A prompt to write on from. The first answer is trained, with the text that ends writing behind it. */
export function generationSample(prompt: string, golds: readonly string[]): Sample {
  const [first] = golds;
  if (first === undefined) return { prompt, options: [], right: [], golds };
  return { prompt, options: [` ${first}${STOP_TEXT}`], right: [0], golds };
}
