import { defaultSizes, type Sample, type TaskDefinition } from "./definition.ts";
import { hasColumns, type LabelNames, rightOption, rowIn, rowsOf, textOf } from "./rowValues.ts";
import type { Row } from "./task.ts";

const labelNames: LabelNames = [
  ["false", "0"],
  ["true", "1"],
];
const words = ["No", "Yes"];

/**
 * Is this answer to a question about a paragraph right? MultiRC in SuperGLUE's JSONL, where a row is a
 * paragraph with its questions and their answers, and Hugging Face's `super_glue/multirc`, where each
 * answer is a row.
 *
 * @see MeZO, large_models/templates.py, MultiRCTemplate
 */
export const multirc: TaskDefinition = {
  id: "MultiRC",
  title: "MultiRC: is this answer right?",
  kind: "classification",
  template:
    '{paragraph}\nQuestion: {question}\nI found this answer "{answer}". ' +
    "Is that correct? Yes or No?\n",
  labelColumn: "label",
  labels: ["false", "true"],
  words,
  sizes: defaultSizes,
  columns: [["passage"], ["paragraph", "question", "answer"]],
  recognise: (table) =>
    hasColumns(table, "paragraph", "question", "answer", "label") ||
    (table.rows.length > 0 && table.rows.every(isParagraph)),
  questions,
  samples: (row) => questions(row).map(sampleOf),
};

function questions(row: Row): readonly Row[] {
  const passage = rowIn(row, "passage");
  if (passage === null) return [row];
  const paragraph = textOf(passage, "text");
  return rowsOf(passage, "questions").flatMap((asked) =>
    rowsOf(asked, "answers").map((answer) => ({
      paragraph,
      question: textOf(asked, "question"),
      answer: textOf(answer, "text"),
      ...(Object.hasOwn(answer, "label") ? { label: answer["label"] } : {}),
    })),
  );
}

function isParagraph(row: Row): boolean {
  const { questions } = rowIn(row, "passage") ?? {};
  return Array.isArray(questions);
}

function sampleOf(row: Row): Sample {
  const [paragraph, question] = [textOf(row, "paragraph"), textOf(row, "question")];
  return {
    prompt:
      `${paragraph}\nQuestion: ${question}\nI found this answer "${textOf(row, "answer")}". ` +
      "Is that correct? Yes or No?\n",
    options: words,
    right: rightOption(row, ["label"], labelNames),
  };
}
