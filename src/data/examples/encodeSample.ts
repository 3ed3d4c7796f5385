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

/** What examples are for: training sees only the right option where options differ from row to row. */
export type Purpose = "training" | "evaluation";

export interface EncodedSample {
  readonly example: Omit<EncodedExample, "row">;
  /** Tokens of the longest option before anything was cut, BOS counted. */
  readonly uncutLength: number;
}

/**
 * A sample that says what is right, as token ids.
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

/** Every option of a sample, right or not: words behind the prompt, or labels for a score head. */
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
 * Tokens kept of a sequence. Generation leaves room to write, in training too.
 *
 * @see MeZO, large_models/utils.py, encode_prompt
 */
export function textLimits(spec: TaskSpec): TextLimits {
  const maxLength = spec.kind === "generation" ? spec.maxLength - MAX_NEW_TOKENS : spec.maxLength;
  return { ...limitsOf(spec), maxLength };
}
