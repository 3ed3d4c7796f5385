import type { Sample } from "../tasks/definition.ts";
import { usesScoreHead } from "../tasks/scoreHead.ts";
import {
  type EncodedExample,
  limitsOf,
  MAX_NEW_TOKENS,
  type TaskSpec,
  type TextLimits,
} from "../tasks/task.ts";
import {
  type EncodedText,
  encodeForHead,
  encodePrompt,
  encodeText,
  type TextEncoderLike,
} from "../tokenizer/encodeText.ts";

/** Use of the examples: training uses the right option only if options differ between examples. */
export type Purpose = "training" | "evaluation";

export interface EncodedSample {
  readonly example: Omit<EncodedExample, "row">;
  /** Tokens of the longest option before cutting, with BOS. */
  readonly uncutLength: number;
}

/**
 * Encodes a sample with a right answer as token ids.
 *
 * @throws ZerothError E-DATA-3 or E-DATA-5 if an option cannot be scored
 */
export function encodeSample(
  tokenizer: TextEncoderLike,
  spec: TaskSpec,
  sample: Sample,
  purpose: Purpose,
): EncodedSample {
  const { prompt, options, right, golds = [] } = sample;
  const limits = textLimits(spec);
  const [answer = 0, ...alsoRight] = right;
  if (spec.kind === "generation" || (spec.kind === "multiple choice" && purpose === "training")) {
    const trained = options.slice(answer, answer + 1);
    const encoded = encodeText(tokenizer, limits, prompt, trained);
    const example = { options: encoded.options, answer: 0 };
    const { uncutLength } = encoded;
    if (spec.kind !== "generation" || purpose === "training") return { example, uncutLength };
    const writing = { promptIds: encodePrompt(tokenizer, limits, prompt), golds };
    return { example: { ...example, writing }, uncutLength };
  }
  const encoded = encodeAllOptions(tokenizer, spec, sample);
  const example = { options: encoded.options, answer };
  return {
    example: alsoRight.length > 0 ? { ...example, alsoRight } : example,
    uncutLength: encoded.uncutLength,
  };
}

/** Encodes every option of a sample: prompt and word, or text and label for a score head. */
export function encodeAllOptions(
  tokenizer: TextEncoderLike,
  spec: TaskSpec,
  { prompt, furtherTexts = [], options }: Pick<Sample, "prompt" | "furtherTexts" | "options">,
): EncodedText {
  return usesScoreHead(spec)
    ? encodeForHead(tokenizer, textLimits(spec), [prompt, ...furtherTexts], options.length)
    : encodeText(tokenizer, textLimits(spec), prompt, options);
}

/**
 * Length limit of a sequence. Generation leaves room for the answer, also in training.
 *
 * @see MeZO, large_models/utils.py, encode_prompt
 */
export function textLimits(spec: TaskSpec): TextLimits {
  const maxLength = spec.kind === "generation" ? spec.maxLength - MAX_NEW_TOKENS : spec.maxLength;
  return { ...limitsOf(spec), maxLength };
}
