import { pythonSplit } from "./template.ts";

/**
 * How much of an answer a model's words give: F1 of their words against the right answer's, 0 to 1, the
 * best over all right answers. "no answer" has to be met exactly.
 *
 * @see MeZO, large_models/metrics.py, and SQuAD's evaluation script
 */
export function answerF1(predicted: string, golds: readonly string[]): number {
  const [first = ""] = golds;
  if (first === "no answer" || first === "CANNOTANSWER") {
    return normalizeAnswer(first) === normalizeAnswer(predicted) ? 1 : 0;
  }
  const words = answerWords(predicted);
  return golds.reduce((best, gold) => Math.max(best, wordF1(words, answerWords(gold))), 0);
}

/** Lower case, without ASCII punctuation, articles and repeated white space, as SQuAD compares. */
export function normalizeAnswer(text: string): string {
  return answerWords(text).join(" ");
}

function answerWords(text: string): readonly string[] {
  return pythonSplit(text.toLowerCase().replace(PUNCTUATION, "").replace(ARTICLES, " "));
}

/** Python's string.punctuation. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b stands between letters of any script, JavaScript's knows ASCII only.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:an|a|the)(?![\p{L}\p{N}_])/gu;

function wordF1(predicted: readonly string[], gold: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let same = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count > 0) same++;
    left.set(word, count - 1);
  }
  if (same === 0) return 0;
  const precision = same / predicted.length;
  const recall = same / gold.length;
  return (2 * precision * recall) / (precision + recall);
}
