import { uniform } from "#zo/draws.ts";

/** How the next token is taken from what the model holds likely. */
export type Sampling = { readonly kind: "greedy" } | Sampled;

export interface Sampled {
  readonly kind: "sampled";
  /** Logits are divided by it; above 0. */
  readonly temperature: number;
  /** Only so many of the likeliest are drawn from; 0 for all. */
  readonly topK: number;
  /** Only the likeliest that together reach this probability are drawn from; 1 for all. */
  readonly topP: number;
}

/**
 * The next token: the likeliest, or one drawn. Of equals, greedy takes the lowest id.
 *
 * @param place how many tokens stand before it: with the seed, it settles the draw
 */
export function nextToken(
  logits: Float32Array,
  sampling: Sampling,
  seed: number,
  place: number,
): number {
  if (sampling.kind === "greedy") return likeliest(logits);
  return draw(candidates(logits, sampling), uniform(seed, "writing", place));
}

/** A token that may be drawn, and with what probability. */
export interface Candidate {
  readonly id: number;
  readonly probability: number;
}

/**
 * What may be drawn, by id ascending: temperature first, then the `topK` likeliest (all that are as
 * likely as the last of them count), then of those the likeliest until `topP` is reached.
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

/** The candidate at that place of the cumulative distribution. By id, so that ranks that swap move little. */
function draw(list: readonly Candidate[], at: number): number {
  let sum = 0;
  for (const { id, probability } of list) {
    sum += probability;
    if (at < sum) return id;
  }
  return list.at(-1)?.id ?? 0;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) {
    if (logits[id]! > logits[best]!) best = id;
  }
  return best;
}
