import type { EncodedExample, Table, TaskSpec } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { bestOption, type Evaluation, isRightOption, optionProbabilities } from "./evaluation.ts";

/** How the model answered one held-out row. */
export interface ExampleResult extends Answered {
  /** As a person counts it in the file. */
  readonly row: number;
  /** The end of the prompt, as the model saw it. */
  readonly text: string;
  /** The right option's text, with its label where it has one; of written answers, the first right one. */
  readonly right: string;
  /** Of the right option, by softmax; absent where answers are written. */
  readonly rightProbability?: number;
  /** The base model's answer; absent until it was asked. */
  readonly before?: Answered;
}

export interface Answered {
  readonly answered: string;
  readonly isRight: boolean;
  /** Of what was answered, by softmax over the options' scores; absent where answers are written. */
  readonly probability?: number;
  /** Of a written answer, against the nearest right one. */
  readonly f1?: number;
}

/** What an evaluation found row by row. */
export type Answers = Pick<Evaluation, "scores" | "written">;

/** Characters of a prompt's end that are handed on: a thousand long rows would be megabytes. */
const MOST_TEXT = 600;

interface Told {
  readonly examples: readonly EncodedExample[];
  readonly answers: Answers;
  readonly before: Answers | undefined;
  readonly task: Pick<TaskSpec, "labels"> & { readonly head?: true };
  readonly table: Pick<Table, "rowNumbers">;
  readonly tokenizer: Pick<Tokenizer, "decode">;
}

/** Every example with its answer, in the order of the rows. */
export function exampleResults(told: Told): ExampleResult[] {
  const { examples, answers, before, table, tokenizer } = told;
  return examples.map((example, i) => {
    const right = example.writing?.golds[0] ?? optionName(told, example, example.answer);
    const own = answers.scores[i]!;
    const isWritten = answers.written !== undefined;
    return {
      row: table.rowNumbers[example.row] ?? example.row + 1,
      text: endOf(tokenizer.decode(promptIds(example))),
      right,
      ...answered(told, answers, i),
      ...(isWritten ? {} : { rightProbability: optionProbabilities(own)[example.answer]! }),
      ...(before && { before: answered(told, before, i) }),
    };
  });
}

function answered(told: Told, { scores, written }: Answers, i: number): Answered {
  const text = written?.[i];
  if (text) return { answered: text.text, isRight: text.isExact, f1: text.f1 };
  const example = told.examples[i]!;
  const best = bestOption(scores[i]!);
  return {
    answered: optionName(told, example, best),
    isRight: isRightOption(example, best),
    probability: optionProbabilities(scores[i]!)[best]!,
  };
}

/** "great (1)": what stands behind the prompt, and the label it stands for; of a head, the label alone. */
function optionName({ task, tokenizer }: Told, { options }: EncodedExample, option: number) {
  const { ids, optionLength } = options[option]!;
  const text = tokenizer.decode(ids.slice(ids.length - optionLength)).trim();
  const label = task.labels[option];
  if (task.head) return label ?? "";
  return label === undefined || label === text ? text : `${text} (${label})`;
}

/** What every option follows, without BOS. */
function promptIds({ options, answer, writing }: EncodedExample): readonly number[] {
  if (writing) return writing.promptIds.slice(1);
  const { ids, optionLength } = options[answer]!;
  return ids.slice(1, ids.length - optionLength);
}

function endOf(text: string): string {
  return text.length <= MOST_TEXT ? text : `…${text.slice(text.length - MOST_TEXT)}`;
}
