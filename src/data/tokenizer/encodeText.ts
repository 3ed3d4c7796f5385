import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import type { EncodedOption, TaskSpec, TextLimits } from "../tasks/task.ts";
import { pythonLstrip, stripSpaces } from "../tasks/template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What encoding needs of a tokenizer. */
export type TextEncoderLike = Pick<Tokenizer, "encode" | "frame">;

/** Ids in front of a text: the tokenizer's own, or the one MeZO's published code uses for OPT. */
export function idsBefore(
  { frame }: Pick<Tokenizer, "frame">,
  { bos }: Pick<TaskSpec, "bos">,
): readonly number[] {
  return bos === 0 ? [0] : frame.before;
}

export interface EncodedText {
  readonly options: readonly EncodedOption[];
  /** Tokens of the longest option before anything was cut, BOS counted. */
  readonly uncutLength: number;
}

/**
 * A prompt with each word behind it. A word's length is the count of all ids less the count of the
 * prompt's own, as MeZO has it, also where a token crosses from one into the other.
 *
 * @throws ZerothError E-DATA-3 or E-DATA-5 if a word cannot be scored
 * @see MeZO, large_models/utils.py, encode_prompt
 */
export function encodeText(
  tokenizer: TextEncoderLike,
  limits: TextLimits,
  prompt: string,
  words: readonly string[],
): EncodedText {
  const before = idsBefore(tokenizer, limits);
  const kept = limits.maxLength - before.length;
  // MeZO takes whitespace off the front of the whole text, and counts a word's tokens before that:
  // the same as without it here and there, since what stands in front is no part of the word.
  const begun = pythonLstrip(prompt);
  const promptLength = tokenizer.encode(stripSpaces(begun)).length;
  const options: EncodedOption[] = [];
  let uncutLength = 0;
  for (const word of words) {
    const ids = tokenizer.encode(stripSpaces(pythonLstrip(begun + word)));
    const optionLength = ids.length - promptLength;
    refuseUnscorable(word, optionLength, limits.maxLength);
    if (before.length === 0 && optionLength >= ids.length) throw nothingBefore(word);
    options.push({ ids: [...before, ...ids.slice(-kept)], optionLength });
    uncutLength = Math.max(uncutLength, before.length + ids.length);
  }
  return { options, uncutLength };
}

/**
 * Texts with each label's number behind them, for a score head: the last token is the one that is asked, and a label
 * is "expected next" as a word would be. Cut on the left.
 */
export function encodeForHead(
  tokenizer: TextEncoderLike,
  limits: TextLimits,
  texts: readonly string[],
  labels: number,
): EncodedText {
  const before = idsBefore(tokenizer, limits);
  const ids = texts.flatMap((text, i) => {
    const begun = i === 0 ? pythonLstrip(text) : text;
    const inner = tokenizer.encode(i === texts.length - 1 ? begun.replace(/ +$/, "") : begun);
    return i === 0 ? inner : [...tokenizer.frame.between, ...inner];
  });
  const kept = [...before, ...ids.slice(before.length - limits.maxLength)];
  const options = Array.from({ length: labels }, (_, label) => ({
    ids: [...kept, label],
    optionLength: 1,
  }));
  return { options, uncutLength: before.length + ids.length };
}

/** What stands before a prompt and the prompt alone, cut on the left. */
export function encodePrompt(
  tokenizer: TextEncoderLike,
  limits: TextLimits,
  prompt: string,
): readonly number[] {
  const before = idsBefore(tokenizer, limits);
  const ids = tokenizer.encode(stripSpaces(pythonLstrip(prompt)));
  return [...before, ...ids.slice(before.length - limits.maxLength)];
}

function refuseUnscorable(word: string, optionLength: number, maxLength: number): void {
  if (optionLength < 1) {
    throw new ZerothError(
      "E-DATA-3",
      `The ${name(word)} adds no token to this row's text, so nothing could be scored.`,
    );
  }
  if (optionLength >= maxLength) {
    throw new ZerothError(
      "E-DATA-5",
      `The ${name(word)} is ${optionLength} tokens; with ${maxLength} at most, it would be cut.`,
    );
  }
}

function nothingBefore(word: string): ZerothError {
  return new ZerothError(
    "E-DATA-3",
    `Nothing stands before the ${name(word)}, and this model's tokenizer puts no token in front of a text, so it ` +
      `cannot be predicted. Write a prompt.`,
  );
}

/** Several words are an answer. */
function name(word: string): string {
  return `${word.trim().includes(" ") ? "answer" : "word"} ${quote(word)}`;
}
