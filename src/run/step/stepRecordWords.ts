import type { StepPlan } from "#zo/plan.ts";
import type { JournalStep } from "../store/journal.ts";

/** Flag of a step that came after one whose loss was no number: it changed nothing. */
export const SKIPPED = 2;

const firstLoss = 4;
const meanAbsWord = 60;
const firstCoefficient = 64;

/** What the GPU wrote of a step: a record of the ring in `zo/coefficients.wgsl`. */
export function readRecord(
  words: Uint32Array,
  at: number,
  plan: StepPlan,
): Pick<
  JournalStep,
  "step" | "flags" | "lossPlus" | "lossMinus" | "projectedGrad" | "coefficients" | "extra"
> {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const programs = words[at + 3]!;
  const probes = plan.probes.map((probe, p) => ({
    probe,
    losses: floats.slice(at + firstLoss + 3 * p, at + firstLoss + 3 * p + 3),
  }));
  const here = probes.filter(({ probe }) => probe.at === "theta").map(({ losses }) => losses);
  const elsewhere = probes.filter(({ probe }) => probe.at !== "theta");
  // Snapshot losses first; the running mean of |g|, which clipping goes on from, last.
  const extra = [...elsewhere.flatMap(({ losses }) => [...losses]), floats[at + meanAbsWord]!];
  return {
    step: words[at]!,
    flags: words[at + 1]!,
    lossPlus: mean(here, 0),
    lossMinus: mean(here, 1),
    projectedGrad: mean(here, 2),
    coefficients: floats.slice(at + firstCoefficient, at + firstCoefficient + programs),
    extra: new Float32Array(extra),
  };
}

function mean(triples: readonly Float32Array[], part: 0 | 1 | 2): number {
  return triples.reduce((sum, triple) => sum + triple[part]!, 0) / triples.length;
}
