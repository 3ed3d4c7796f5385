import { type LabelNames, rightOption } from "./rowValues.ts";
import type { Row, Table, TaskId, TaskKind } from "./task.ts";

/** A published task: how its rows become text, what may be answered and what is right. */
export interface TaskDefinition {
  readonly id: TaskId;
  readonly title: string;
  readonly kind: TaskKind;
  /** The prompt for reading, with the names of Hugging Face's columns; `samples` makes the real one. */
  readonly template: string;
  /** Where the right answer stands, in Hugging Face's columns. */
  readonly labelColumn: string;
  /** Names of the labels in the order of `words`; both empty where options differ from row to row. */
  readonly labels: readonly string[];
  readonly words: readonly string[];
  readonly sizes: TaskSizes;
  /** Columns a file needs, without the right answer's: any one of these lists. */
  readonly columns: readonly (readonly string[])[];
  /** True only where the columns and what they hold leave no doubt that the table is this task's. */
  recognise(table: Table): boolean;
  /** A row that holds several questions as one row a question, as Hugging Face has them. */
  questions?(row: Row): readonly Row[];
  /**
   * The row's samples; a row without the right answer has its options all the same.
   *
   * @throws ZerothError E-DATA-2 or E-DATA-3 if the row is not one of this task's
   */
  samples(row: Row): readonly Sample[];
}

/** A row as text. */
export interface Sample {
  /** What every option follows. */
  readonly prompt: string;
  /** Of a task with a score head, texts behind the prompt, told apart by the tokenizer's own separators. */
  readonly furtherTexts?: readonly string[];
  /** What may follow, with its leading space; of a generation task, the answer to train on. */
  readonly options: readonly string[];
  /** Indices of the right options, the one to train on first; empty if the row does not say. */
  readonly right: readonly number[];
  /** Of a generation task, every answer that counts as right. */
  readonly golds?: readonly string[];
}

/** How many rows MeZO draws for each part; fewer where the data has fewer. */
export interface TaskSizes {
  readonly train: number;
  readonly dev: number;
  readonly eval: number;
}

/** @see MeZO, large_models/mezo.sh */
export const defaultSizes: TaskSizes = { train: 1000, dev: 500, eval: 1000 };

/** For data with fewer than a thousand rows to train on: CB and COPA. @see the same */
export const smallSizes: TaskSizes = { train: 1000, dev: 100, eval: 1000 };

/** A task whose options are the same words in every row. */
export function classification({
  labelNames,
  labelColumns = ["label"],
  prompt,
  sizes = defaultSizes,
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
