import type { EncodedExample, Table, TaskSpec } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { bestOption, type Evaluation, isRightOption, optionProbabilities } from "./evaluation.ts";

/** The answer of a model to one validation example. */
export interface ExampleResult extends Answered {
  /** Row of the file, counted from 1. */
  readonly row: number;
  /** The end of the prompt that the model read. */
  readonly text: string;
  /** The right option with its label, if it has one; or the first right answer. */
  readonly right: string;
  /** Softmax probability of the right option; absent for generated answers. */
  readonly rightProbability?: number;
  /** The answer of the base model; absent until it is known. */
  readonly before?: Answered;
}

export interface Answered {
  readonly answered: string;
  readonly isRight: boolean;
  /** Softmax probability of the answer; absent for generated answers. */
  readonly probability?: number;
  /** F1 of a generated answer against the closest right one. */
  readonly f1?: number;
}

/** Results of an evaluation by example. */
export type Answers = Pick<Evaluation, "scores" | "written">;

/** Characters of the prompt that are sent to the page: a thousand long examples would be megabytes. */
const MOST_TEXT = 600;

interface ResultSources {
  readonly examples: readonly EncodedExample[];
  readonly answers: Answers;
  readonly before: Answers | undefined;
  readonly task: Pick<TaskSpec, "labels"> & { readonly head?: true };
  readonly table: Pick<Table, "rowNumbers">;
  readonly tokenizer: Pick<Tokenizer, "decode">;
}

/** Returns every example with its answer, in the order of the examples. */
export function exampleResults(sources: ResultSources): ExampleResult[] {
  const { examples, answers, before, table, tokenizer } = sources;
  return examples.map((example, i) => {
    const right = example.writing?.golds[0] ?? optionName(sources, example, example.answer);
    const own = answers.scores[i]!;
    const isWritten = answers.written !== undefined;
    return {
      row: table.rowNumbers[example.row] ?? example.row + 1,
      text: endOf(tokenizer.decode(promptIds(example))),
      right,
      ...answered(sources, answers, i),
      ...(isWritten ? {} : { rightProbability: optionProbabilities(own)[example.answer]! }),
      ...(before && { before: answered(sources, before, i) }),
    };
  });
}

function answered(sources: ResultSources, { scores, written }: Answers, i: number): Answered {
  const text = written?.[i];
  if (text) return { answered: text.text, isRight: text.isExact, f1: text.f1 };
  const example = sources.examples[i]!;
  const best = bestOption(scores[i]!);
  return {
    answered: optionName(sources, example, best),
    isRight: isRightOption(example, best),
    probability: optionProbabilities(scores[i]!)[best]!,
  };
}

/** Returns "great (1)", the option and its label; for a score head the label alone. */
function optionName(
  { task, tokenizer }: ResultSources,
  { options }: EncodedExample,
  option: number,
) {
  const { ids, optionLength } = options[option]!;
  const text = tokenizer.decode(ids.slice(ids.length - optionLength)).trim();
  const label = task.labels[option];
  if (task.head) return label ?? "";
  return label === undefined || label === text ? text : `${text} (${label})`;
}

/** Returns the tokens that precede every option, without BOS. */
function promptIds({ options, answer, writing }: EncodedExample): readonly number[] {
  if (writing) return writing.promptIds.slice(1);
  const { ids, optionLength } = options[answer]!;
  return ids.slice(1, ids.length - optionLength);
}

function endOf(text: string): string {
  return text.length <= MOST_TEXT ? text : `…${text.slice(text.length - MOST_TEXT)}`;
}
