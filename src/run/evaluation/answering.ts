import { type Interval, meanInterval } from "#base/interval.ts";
import { answerF1, normalizeAnswer } from "#data/tasks/answerF1.ts";
import { MAX_NEW_TOKENS, STOP_TEXT, type Writing } from "#data/tasks/task.ts";
import { pythonStrip } from "#data/tasks/template.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Model } from "#model/model.ts";
import { writeAll } from "./writing.ts";

/** What the model wrote for a row. */
export interface WrittenAnswer {
  readonly text: string;
  /** Against the nearest right answer, 0..1. */
  readonly f1: number;
  /** Whether it is a right answer word for word, normalised as for F1. */
  readonly isExact: boolean;
}

/**
 * Has every answer written and judged: greedily, at most 50 tokens, up to the end of the line.
 *
 * @param onProgress called with the answers done
 * @param isStopped asked between tokens
 * @returns [prompts], or null if it was stopped
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

/** Mean F1 with its 95 % interval, and the share of answers that are right word for word. */
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
