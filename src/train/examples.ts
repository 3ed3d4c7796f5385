import type { EncodedExample, Table, TaskSpec } from "#data/task.ts";
import type { Tokenizer } from "#data/tokenizer.ts";
import { bestOption, isRightOption, optionProbabilities } from "./evaluation.ts";

/** How the model answered one held-out row. */
export interface ExampleResult {
  /** As a person counts it in the file. */
  readonly row: number;
  /** The end of the prompt, as the model saw it. */
  readonly text: string;
  /** The right option's text, with its label where it has one. */
  readonly right: string;
  readonly answered: string;
  readonly isRight: boolean;
  /** Of what was answered, by softmax over the options' scores. */
  readonly probability: number;
  /** Of the right option. */
  readonly rightProbability: number;
  /** The base model's answer; absent until it was asked. */
  readonly before?: {
    readonly answered: string;
    readonly isRight: boolean;
    readonly probability: number;
  };
}

/** Mean log-probability of each option's tokens, one entry per example. */
export type Scores = readonly (readonly number[])[];

/** Characters of a prompt's end that are handed on: a thousand long rows would be megabytes. */
const MOST_TEXT = 600;

/** Every example with its answer, in the order of the rows. */
export function exampleResults(parts: {
  readonly examples: readonly EncodedExample[];
  readonly scores: Scores;
  readonly before: Scores | undefined;
  readonly task: Pick<TaskSpec, "labels">;
  readonly table: Pick<Table, "rowNumbers">;
  readonly tokenizer: Pick<Tokenizer, "decode">;
}): ExampleResult[] {
  const { examples, scores, before, task, table, tokenizer } = parts;
  return examples.map((example, i) => {
    const { options, answer, row } = example;
    const name = (option: number) => {
      const { ids, optionLength } = options[option]!;
      const text = tokenizer.decode(ids.slice(ids.length - optionLength)).trim();
      const label = task.labels[option];
      return label === undefined || label === text ? text : `${text} (${label})`;
    };
    const judged = (own: readonly number[]) => {
      const best = bestOption(own);
      const probabilities = optionProbabilities(own);
      return {
        answered: name(best),
        isRight: isRightOption(example, best),
        probability: probabilities[best]!,
        rightProbability: probabilities[answer]!,
      };
    };
    const earlier = before?.[i];
    const { rightProbability: _, ...base } = judged(earlier ?? scores[i]!);
    return {
      row: table.rowNumbers[row] ?? row + 1,
      text: endOf(tokenizer.decode(promptIds(example))),
      right: name(answer),
      ...judged(scores[i]!),
      ...(earlier ? { before: base } : {}),
    };
  });
}

/** What every option follows, without BOS. */
function promptIds({ options, answer }: EncodedExample): readonly number[] {
  const { ids, optionLength } = options[answer]!;
  return ids.slice(1, ids.length - optionLength);
}

function endOf(text: string): string {
  return text.length <= MOST_TEXT ? text : `…${text.slice(text.length - MOST_TEXT)}`;
}
