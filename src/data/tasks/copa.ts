import { quote } from "#base/text.ts";
import { smallSizes, type TaskDefinition } from "./definition.ts";
import { hasColumns, missing, rightOption, textOf } from "./rowValues.ts";
import type { Row } from "./task.ts";
import { pythonRstrip } from "./template.ts";

/**
 * Which of two sentences is the cause, or the effect? COPA in SuperGLUE's JSONL and Hugging Face's
 * `super_glue/copa`.
 *
 * @see MeZO, large_models/templates.py, CopaTemplate (capitalization "correct")
 */
export const copa: TaskDefinition = {
  id: "Copa",
  title: "COPA: which is the cause or the effect?",
  kind: "multiple choice",
  template: "{premise} so (or because) {choice1} | {choice2}",
  labelColumn: "label",
  labels: [],
  words: [],
  sizes: smallSizes,
  columns: [["premise", "choice1", "choice2", "question"]],
  recognise: (table) => hasColumns(table, "premise", "choice1", "choice2", "question", "label"),
  samples: (row) => [
    {
      prompt: pythonRstrip(textOf(row, "premise")).replace(/\.$/, "") + conjunction(row),
      options: [lowerStart(textOf(row, "choice1")), lowerStart(textOf(row, "choice2"))],
      right: rightOption(
        row,
        ["label"],
        [
          ["0", "choice1"],
          ["1", "choice2"],
        ],
      ),
    },
  ],
};

function conjunction(row: Row): string {
  const question = textOf(row, "question");
  if (question === "effect") return " so ";
  if (question === "cause") return " because ";
  throw missing(`"question" is ${quote(question)}; it should be cause or effect.`);
}

/** The choice goes on a sentence: its first word, up to a space, is lower case unless it is "I". */
function lowerStart(choice: string): string {
  const [first = "", ...others] = choice.split(" ");
  return [first === "I" ? first : first.toLowerCase(), ...others].join(" ");
}
