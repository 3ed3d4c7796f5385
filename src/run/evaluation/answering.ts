import { type Interval, meanInterval } from "#base/interval.ts";
import { answerF1, normalizeAnswer } from "#data/tasks/answerF1.ts";
import { MAX_NEW_TOKENS, STOP_TEXT, type Writing } from "#data/tasks/task.ts";
import { pythonStrip } from "#data/tasks/template.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Model } from "#model/model.ts";
import { writeAll } from "./writing.ts";

/** An answer that the model generated for an example. */
export interface WrittenAnswer {
  readonly text: string;
  /** F1 against the closest right answer, 0..1. */
  readonly f1: number;
  /** Equal to a right answer, both normalized as for F1. */
  readonly isExact: boolean;
}

/**
 * Generates and scores the answer to every prompt: greedily, up to 50 tokens or the end of the line.
 *
 * @param onProgress called with the number of finished answers
 * @param isStopped called between tokens; true stops
 * @returns [prompts], or null if stopped
 * @throws DeviceLost
 * @see MeZO, large_models/run.py, Framework.one_step_pred, and metrics.py
 */
export async function writeAnswers(
  model: Model,
  tokenizer: Tokenizer,
  prompts: readonly Writing[],
  onProgress: (done: number) => void,
  isStopped: () => boolean,
): Promise<WrittenAnswer[] | null> {
  let done = 0;
  const written = await writeAll(
    model,
    tokenizer,
    prompts.map(({ promptIds }) => promptIds),
    {
      sampling: { kind: "greedy" },
      seed: 0,
      maxNewTokens: MAX_NEW_TOKENS,
      stops: [],
      stopIds: tokenizer.encode(STOP_TEXT).slice(0, 1),
    },
    { onDone: () => onProgress(++done), isCancelled: isStopped },
  );
  if (done < prompts.length) return null;
  return written.map(({ text }, i) => judged(pythonStrip(text), prompts[i]!.golds));
}

function judged(text: string, golds: readonly string[]): WrittenAnswer {
  const words = normalizeAnswer(text);
  const isExact = golds.some((gold) => normalizeAnswer(gold) === words);
  return { text, f1: answerF1(text, golds), isExact };
}

/** Returns the mean F1 with its 95 % interval, and the share of exact answers. */
export function judgeAnswers(answers: readonly WrittenAnswer[]): {
  readonly f1: number;
  readonly f1Interval: Interval;
  readonly accuracy: number;
} {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    f1: mean(answers.map(({ f1 }) => f1)),
    f1Interval: meanInterval(answers.map(({ f1 }) => f1)),
    accuracy: mean(answers.map(({ isExact }) => Number(isExact))),
  };
}
