import { ZerothError } from "#base/errors.ts";
import type { Sampling } from "./sampling.ts";

/** A prompt and how to continue it. */
export interface WritingRequest {
  /** Used verbatim; the tokenizer adds its beginning token. */
  readonly prompt: string;
  readonly sampling: Sampling;
  /** Seed of the sampling. */
  readonly seed: number;
  readonly maxNewTokens: number;
  /** Generation ends at any of these texts, which are cut off. */
  readonly stops: readonly string[];
}

/** @throws ZerothError E-CFG-1 for the first value out of range */
export function checkWriting({ sampling, seed, maxNewTokens }: WritingRequest): void {
  rejectUnless(
    Number.isInteger(maxNewTokens) && maxNewTokens >= 1,
    `The length limit is ${maxNewTokens} tokens; it should be a whole number of at least 1.`,
  );
  rejectUnless(
    Number.isSafeInteger(seed) && seed >= 0,
    `The seed is ${seed}; it should be a whole number of at least 0.`,
  );
  if (sampling.kind === "greedy") return;
  const { temperature, topK, topP } = sampling;
  rejectUnless(
    Number.isFinite(temperature) && temperature > 0,
    `The temperature is ${temperature}; it should be above 0. For temperature 0, choose greedy.`,
  );
  rejectUnless(
    Number.isInteger(topK) && topK >= 0,
    `Top-k is ${topK}; it should be a whole number: 1 or more, or 0 for all tokens.`,
  );
  rejectUnless(topP > 0 && topP <= 1, `Top-p is ${topP}; it should be above 0 and at most 1.`);
}

function rejectUnless(isValid: boolean, message: string): void {
  if (!isValid) throw new ZerothError("E-CFG-1", message);
}
