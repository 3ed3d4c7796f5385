import { ZerothError } from "#base/errors.ts";
import type { EncodedOption, TaskSpec } from "../tasks/task.ts";
import { pythonLstrip, stripSpaces } from "../tasks/template.ts";

/** What encoding needs of a tokenizer: ids without BOS or any other token put in front. */
export interface TextEncoderLike {
  encode(text: string): readonly number[];
}

/** What is put in front of a text and how many tokens are kept, BOS counted. */
export type TextLimits = Pick<TaskSpec, "bos" | "maxLength">;

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
  { bos, maxLength }: TextLimits,
  prompt: string,
  words: readonly string[],
): EncodedText {
  // MeZO takes whitespace off the front of the whole text, and counts a word's tokens before that:
  // the same as without it here and there, since what stands in front is no part of the word.
  const begun = pythonLstrip(prompt);
  const promptLength = tokenizer.encode(stripSpaces(begun)).length;
  const options: EncodedOption[] = [];
  let uncutLength = 0;
  for (const word of words) {
    const ids = tokenizer.encode(stripSpaces(pythonLstrip(begun + word)));
    const optionLength = ids.length - promptLength;
    refuseUnscorable(word, optionLength, maxLength);
    options.push({ ids: [bos, ...ids.slice(1 - maxLength)], optionLength });
    uncutLength = Math.max(uncutLength, 1 + ids.length);
  }
  return { options, uncutLength };
}

/**
 * A text with each label's number behind it, for a score head: the last token of the text is the one
 * that is asked, and a label is "expected next" as a word would be. Texts are cut on the left.
 */
export function encodeForHead(
  tokenizer: TextEncoderLike,
  limits: TextLimits,
  text: string,
  labels: number,
): EncodedText {
  const ids = tokenizer.encode(stripSpaces(pythonLstrip(text)));
  const kept = [limits.bos, ...ids.slice(1 - limits.maxLength)];
  const options = Array.from({ length: labels }, (_, label) => ({
    ids: [...kept, label],
    optionLength: 1,
  }));
  return { options, uncutLength: 1 + ids.length };
}

/** BOS and the prompt alone, cut on the left. */
export function encodePrompt(
  tokenizer: TextEncoderLike,
  { bos, maxLength }: TextLimits,
  prompt: string,
): readonly number[] {
  return [bos, ...tokenizer.encode(stripSpaces(pythonLstrip(prompt))).slice(1 - maxLength)];
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

/** Several words are an answer. */
function name(word: string): string {
  return `${word.trim().includes(" ") ? "answer" : "word"} "${word}"`;
}
