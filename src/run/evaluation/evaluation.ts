import type { Interval } from "#base/interval.ts";
import { type PackedBatch, packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Model } from "#model/model.ts";
import { evaluationCapacity } from "../memory/capacity.ts";
import { judgeAnswers, type WrittenAnswer, writeAnswers } from "./answering.ts";

/** How well the weights do on some rows. */
export interface Evaluation {
  /** Mean loss, nats, as in training. */
  readonly loss: number;
  /**
   * Share of rows whose right option scored highest; ties go to the first, as argmax has it. Of rows
   * judged by what is written, the share that is a right answer word for word.
   */
  readonly accuracy: number;
  /** Mean F1 of what was written against the right answers, 0..1, where rows are judged by that. */
  readonly f1?: number;
  /** Its 95 % interval, by the normal approximation. */
  readonly f1Interval?: Interval;
  readonly n: number;
  /** One entry per example: mean log-probability of each option's tokens. */
  readonly scores: readonly (readonly number[])[];
  /** One entry per example, where they are judged by it. */
  readonly written?: readonly WrittenAnswer[];
}

/** The numbers of an evaluation that are kept of it. */
export function measuresOf({
  loss,
  accuracy,
  f1,
  f1Interval,
  n,
}: Evaluation): Pick<Evaluation, "loss" | "accuracy" | "f1" | "f1Interval" | "n"> {
  return { loss, accuracy, ...(f1 !== undefined && { f1 }), ...(f1Interval && { f1Interval }), n };
}

/** What may be asked of an evaluation. */
export interface EvaluationOptions {
  /** The loss is the mean over the right options' tokens, as in training. */
  readonly isPerToken?: boolean;
  /** Without it, examples that are judged by what the model writes have a loss only. */
  readonly tokenizer?: Tokenizer;
  /** Called with the examples done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Scores examples at the weights as they stand (nothing may be pending), and has the answers written
 * where examples are judged by that.
 *
 * @throws DeviceLost
 * @see MeZO, large_models/run.py, Framework.evaluate
 */
export async function evaluate(
  model: Model,
  examples: readonly EncodedExample[],
  options: EvaluationOptions = {},
): Promise<Evaluation> {
  const evaluation = await evaluateUnless(model, examples, { ...options, isStopped: () => false });
  if (!evaluation) throw new Error("An evaluation nobody could stop has stopped.");
  return evaluation;
}

/** As `evaluate`; null if it was stopped before its end. `isStopped` is asked before each batch and token. */
export async function evaluateUnless(
  model: Model,
  examples: readonly EncodedExample[],
  options: EvaluationOptions & { readonly isStopped: () => boolean },
): Promise<Evaluation | null> {
  const { isPerToken = false, tokenizer, onProgress = () => {}, isStopped } = options;
  const prompts = examples.flatMap(({ writing }) => (writing ? [writing] : []));
  const isWritten = tokenizer !== undefined && prompts.length > 0;
  const scores: number[][] = [];
  const take = async ({ batch, sums }: Waiting) => {
    scores.push(...meanScores(batch, await sums));
    if (!isWritten) onProgress(scores.length);
  };
  const waiting: Waiting[] = [];
  for (const batch of packAll(examples, evaluationCapacity(model.capacity))) {
    if (isStopped()) break;
    const sums = model.score(batch);
    // If the GPU is lost the first one to be waited for says so; the others need not.
    sums.catch(() => {});
    waiting.push({ batch, sums });
    // The next batch is at work while the last one's sums come back: the GPU never waits.
    if (waiting.length > MOST_IN_FLIGHT) await take(waiting.shift()!);
  }
  for (const last of waiting) await take(last);
  if (scores.length < examples.length) return null;
  const judged = { ...judge(examples, scores, isPerToken), n: scores.length, scores };
  if (!isWritten) return judged;
  const written = await writeAnswers(model, tokenizer, prompts, onProgress, isStopped);
  return written && { ...judged, ...judgeAnswers(written), written };
}

/** Batches on the GPU besides the one whose sums are being read. */
const MOST_IN_FLIGHT = 1;

interface Waiting {
  readonly batch: PackedBatch;
  readonly sums: Promise<Float32Array>;
}

/** Mean log-probability of each option's tokens, by example. */
function meanScores(batch: PackedBatch, sums: Float32Array): number[][] {
  const { examples, exampleRanges, optionRanges } = batch;
  const scoreOf = (o: number) => sums[o]! / (optionRanges[2 * o + 1]! - optionRanges[2 * o]!);
  return Array.from({ length: examples }, (_, e) => {
    const [first, end] = [exampleRanges[3 * e]!, exampleRanges[3 * e + 1]!];
    return Array.from({ length: end - first }, (_, c) => scoreOf(first + c));
  });
}

function judge(
  examples: readonly EncodedExample[],
  scores: readonly (readonly number[])[],
  isPerToken: boolean,
): Pick<Evaluation, "loss" | "accuracy"> {
  let loss = 0;
  let weight = 0;
  let right = 0;
  scores.forEach((options, i) => {
    const { answer, options: encoded } = examples[i]!;
    const tokens = isPerToken ? encoded[answer]!.optionLength : 1;
    const own = isPerToken ? -options[answer]! : logSumExp(options) - options[answer]!;
    loss += own * tokens;
    weight += tokens;
    if (isRightOption(examples[i]!, bestOption(options))) right++;
  });
  const n = scores.length;
  return { loss: weight > 0 ? loss / weight : 0, accuracy: n > 0 ? right / n : 0 };
}

/** The option that scored highest; of equals the first, as argmax has it. */
export function bestOption(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

export function isRightOption(
  { answer, alsoRight = [] }: Pick<EncodedExample, "answer" | "alsoRight">,
  option: number,
): boolean {
  return option === answer || alsoRight.includes(option);
}

/** Probability of each option, by softmax over the options' scores. */
export function optionProbabilities(scores: readonly number[]): number[] {
  const total = logSumExp(scores);
  return scores.map((score) => Math.exp(score - total));
}

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
