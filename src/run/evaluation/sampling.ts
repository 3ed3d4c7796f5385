import { uniform } from "#zo/draws.ts";

/** How the next token is chosen from the logits. */
export type Sampling = { readonly kind: "greedy" } | Sampled;

export interface Sampled {
  readonly kind: "sampled";
  /** Divides the logits; above 0. */
  readonly temperature: number;
  /** Number of most probable tokens to sample from; 0 for all. */
  readonly topK: number;
  /** Samples from the most probable tokens whose total probability reaches this; 1 for all. */
  readonly topP: number;
}

/**
 * Returns the next token: the most probable one (the lowest id in a tie), or a sampled one.
 *
 * @param place number of tokens before it; seed and place determine the random number
 */
export function nextToken(
  logits: Float32Array,
  sampling: Sampling,
  seed: number,
  place: number,
): number {
  if (sampling.kind === "greedy") return mostProbable(logits);
  return draw(candidates(logits, sampling), uniform(seed, "writing", place));
}

/** A token that may be sampled. */
export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

/**
 * Returns the tokens to sample from, by ascending id: temperature first, then the `topK` most probable ones (with
 * all that tie with the last), then of those the most probable ones until `topP` is reached.
 *
 * @see transformers, generation/logits_process.py: TemperatureLogitsWarper, TopKLogitsWarper,
 *   TopPLogitsWarper, in this order
 */
export function candidates(
  logits: Float32Array,
  { temperature, topK, topP }: Sampled,
): readonly Candidate[] {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const all = Array.from(logits, (logit, id) => {
    return { id, probability: Math.exp((logit - largest) / temperature) };
  });
  if (topK === 0 && topP >= 1) return normalized(all);
  const ranked = all.sort((a, b) => b.probability - a.probability || a.id - b.id);
  const last = topK === 0 ? 0 : (ranked[Math.min(topK, ranked.length) - 1]?.probability ?? 0);
  const top = normalized(ranked.filter(({ probability }) => probability >= last));
  let before = 0;
  const kept = top.filter(({ probability }, rank) => {
    const isKept = rank === 0 || topP >= 1 || before < topP;
    before += probability;
    return isKept;
  });
  return normalized(kept).sort((a, b) => a.id - b.id);
}

function normalized(list: readonly Candidate[]): Candidate[] {
  const total = list.reduce((sum, { probability }) => sum + probability, 0);
  return list.map(({ id, probability }) => ({ id, probability: probability / total }));
}

/** Returns the candidate at a point of the cumulative distribution, ordered by id so that two tokens that swap ranks change little. */
function draw(list: readonly Candidate[], at: number): number {
  let sum = 0;
  for (const { id, probability } of list) {
    sum += probability;
    if (at < sum) return id;
  }
  return list.at(-1)?.id ?? 0;
}

function mostProbable(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) {
    if (logits[id]! > logits[best]!) best = id;
  }
  return best;
}
