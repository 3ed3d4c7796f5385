import { ZerothError } from "#base/errors.ts";
import type { Sampling } from "./sampling.ts";

/** What is to be written on, and how. */
export interface WritingRequest {
  /** Verbatim; the model's beginning token is put in front. */
  readonly prompt: string;
  readonly sampling: Sampling;
  /** With the prompt it settles what is drawn: the same text wherever the model is equally sure. */
  readonly seed: number;
  readonly maxNewTokens: number;
  /** Texts that end writing, cut off. */
  readonly stops: readonly string[];
}

/** @throws ZerothError E-CFG-1 naming the first value that cannot be */
export function checkWriting({ sampling, seed, maxNewTokens }: WritingRequest): void {
  refuseUnless(
    Number.isInteger(maxNewTokens) && maxNewTokens >= 1,
    `The most tokens to write is ${maxNewTokens}; it should be a whole number from 1.`,
  );
  refuseUnless(
    Number.isSafeInteger(seed) && seed >= 0,
    `The seed is ${seed}; it should be a whole number from 0.`,
  );
  if (sampling.kind === "greedy") return;
  const { temperature, topK, topP } = sampling;
  refuseUnless(
    Number.isFinite(temperature) && temperature > 0,
    `The temperature is ${temperature}; it should be a number above 0. Greedy writing is the limit at 0.`,
  );
  refuseUnless(
    Number.isInteger(topK) && topK >= 0,
    `Top-k is ${topK}; it should be a whole number from 1, or 0 for all tokens.`,
  );
  refuseUnless(topP > 0 && topP <= 1, `Top-p is ${topP}; it should be above 0 and at most 1.`);
}

function refuseUnless(isFine: boolean, message: string): void {
  if (!isFine) throw new ZerothError("E-CFG-1", message);
}
