import type { Interval } from "#base/interval.ts";
import { type PackedBatch, packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Model } from "#model/model.ts";
import { evaluationCapacity } from "../memory/capacity.ts";
import { judgeAnswers, type WrittenAnswer, writeAnswers } from "./answering.ts";

/** Loss and accuracy of a model on some examples. */
export interface Evaluation {
  /** Mean loss in nats, as in training. */
  readonly loss: number;
  /**
   * Share of examples whose right option has the highest score; the first wins a tie, as in argmax. Where
   * answers are generated, the share that equals a right answer.
   */
  readonly accuracy: number;
  /** Mean F1 of generated answers, 0..1, for tasks that are scored by it. */
  readonly f1?: number;
  /** 95 % interval of the mean F1, by the normal approximation. */
  readonly f1Interval?: Interval;
  readonly n: number;
  /** Mean log-probability of the tokens of each option, [examples, options]. */
  readonly scores: readonly (readonly number[])[];
  /** The generated answers, [examples], for tasks that have them. */
  readonly written?: readonly WrittenAnswer[];
}

/** Returns the numbers of an evaluation that a run records. */
export function measuresOf({
  loss,
  accuracy,
  f1,
  f1Interval,
  n,
}: Evaluation): Pick<Evaluation, "loss" | "accuracy" | "f1" | "f1Interval" | "n"> {
  return { loss, accuracy, ...(f1 !== undefined && { f1 }), ...(f1Interval && { f1Interval }), n };
}

export interface EvaluationOptions {
  /** The loss is the mean over the tokens of the right options. Default: over examples. */
  readonly isPerToken?: boolean;
  /** Needed to score generated answers; without it, such examples have only a loss. */
  readonly tokenizer?: Tokenizer;
  /** Called with the number of finished examples. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Scores examples with the current weights, and generates answers for tasks that are scored by them. No
 * update may be pending.
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
  if (!evaluation) throw new Error("An evaluation that cannot be stopped returned nothing.");
  return evaluation;
}

/** Like `evaluate`, but returns null if `isStopped`, called before each batch and token, returned true. */
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
    // If the GPU is lost, the first result awaited reports it; the others may fail silently.
    sums.catch(() => {});
    waiting.push({ batch, sums });
    // The GPU computes the next batch while the sums of the last one are read back.
    if (waiting.length > MOST_IN_FLIGHT) await take(waiting.shift()!);
  }
  for (const last of waiting) await take(last);
  if (scores.length < examples.length) return null;
  const judged = { ...judge(examples, scores, isPerToken), n: scores.length, scores };
  if (!isWritten) return judged;
  const written = await writeAnswers(model, tokenizer, prompts, onProgress, isStopped);
  return written && { ...judged, ...judgeAnswers(written), written };
}

/** Batches in flight besides the one whose sums are being read. */
const MOST_IN_FLIGHT = 1;

interface Waiting {
  readonly batch: PackedBatch;
  readonly sums: Promise<Float32Array>;
}

/** Returns the mean log-probability of the tokens of each option, [examples, options]. */
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

/** Returns the option with the highest score; the first one in a tie. */
export function bestOption(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

export function isRightOption(
  { answer, alsoRight = [] }: Pick<EncodedExample, "answer" | "alsoRight">,
  option: number,
): boolean {
  return option === answer || alsoRight.includes(option);
}

/** Returns the softmax of the scores of the options. */
export function optionProbabilities(scores: readonly number[]): number[] {
  const total = logSumExp(scores);
  return scores.map((score) => Math.exp(score - total));
}

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
