import { type Sample, type TaskDefinition, type TaskSizes, usualSizes } from "./definition.ts";
import { type LabelNames, rightOption } from "./read.ts";
import type { Row } from "./task.ts";

/** A task whose options are the same words in every row. */
export function classification({
  labelNames,
  labelColumns = ["label"],
  prompt,
  sizes = usualSizes,
  ...facts
}: ClassificationParts): TaskDefinition {
  return {
    kind: "classification",
    ...facts,
    sizes,
    labels: labelNames.map(([name = ""]) => name),
    labelColumn: labelColumns[0] ?? "",
    samples: (row: Row): readonly Sample[] => [
      {
        prompt: prompt(row),
        options: facts.words,
        right: rightOption(row, labelColumns, labelNames),
      },
    ],
  };
}

interface ClassificationParts
  extends Pick<TaskDefinition, "id" | "title" | "template" | "words" | "columns" | "recognise"> {
  /** Names of each word's label, lower case; the first is shown. */
  readonly labelNames: LabelNames;
  /** Where the label stands: the first of these that a row has. Hugging Face's comes first. */
  readonly labelColumns?: readonly string[];
  readonly sizes?: TaskSizes;
  prompt(row: Row): string;
}
