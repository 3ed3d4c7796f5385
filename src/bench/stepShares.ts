import { isActive } from "#model/deltas.ts";
import type { Parameter } from "#model/parameters.ts";
import type { StepPart } from "#model/stepClock.ts";
import type { StepPlan } from "#zo/plan.ts";
import { type BenchContext, type Contender, openContenders } from "./contenders.ts";
import { examplesOf } from "./model.ts";
import { spreadOf } from "./rounds.ts";

/* Where the time of a step goes, by the GPU's own clock around its compute passes. */

const repeats = 3;
const parts: readonly StepPart[] = ["weightPass", "products", "attention", "rest"];

/** Milliseconds of a step, and the share of each part in them; medians. */
export interface StepParts {
  readonly ms: number;
  readonly shares: Readonly<Record<StepPart, number>>;
}

/** Parts of each contender's step by its name, in turns; none where the GPU has no clock. */
export async function partsOfSteps(
  contenders: readonly Contender[],
): Promise<Readonly<Record<string, StepParts>>> {
  const timed = new Map<string, Readonly<Record<StepPart, number>>[]>();
  for (let round = 0; round < repeats; round++) {
    for (const contender of contenders) {
      const times = await contender.timeParts();
      if (times) timed.set(contender.name, [...(timed.get(contender.name) ?? []), times]);
    }
  }
  return Object.fromEntries([...timed].map(([name, steps]) => [name, mediansOf(steps)]));
}

function mediansOf(steps: readonly Readonly<Record<StepPart, number>>[]): StepParts {
  const whole = steps.map((step) => parts.reduce((sum, part) => sum + step[part], 0));
  const share = (part: StepPart) => spreadOf(steps.map((step, i) => step[part] / whole[i]!)).median;
  return {
    ms: spreadOf(whole).median,
    shares: {
      weightPass: share("weightPass"),
      products: share("products"),
      attention: share("attention"),
      rest: share("rest"),
    },
  };
}

/** Attention's share of MeZO's step. */
export interface AttentionShare {
  readonly tokens: number;
  /** Tokens of a text; all of the batch's at most. */
  readonly text: number;
  /** Null where the GPU has no clock. */
  readonly share: number | null;
}

/** Attention's share of MeZO's step with texts of each of these lengths. */
export async function attentionShares(
  context: BenchContext,
  tokens: readonly number[],
  texts: readonly number[],
): Promise<readonly AttentionShare[]> {
  const { vocabSize } = context.weights.config;
  const shares: AttentionShare[] = [];
  for (const count of tokens) {
    for (const length of texts) {
      const text = Math.min(length, count);
      const contenders = await openContenders(context, examplesOf(count, text, vocabSize), [
        "MeZO",
      ]);
      await contenders[0]!.run();
      const measured = await partsOfSteps(contenders);
      for (const contender of contenders) contender.destroy();
      shares.push({ tokens: count, text, share: measured["MeZO"]?.shares.attention ?? null });
    }
  }
  return shares;
}

/**
 * What remains of the work of MeZO's weight passes, which draw noise for every weight twice: for the
 * update of the step before and for the probe.
 */
export function passShare(
  table: readonly Parameter[],
  [last, before]: readonly [StepPlan, StepPlan],
): number {
  const drawn = [last, before].flatMap(({ activeBlocks: blocks, embeddings }) =>
    table.filter((one) => isActive({ blocks, embeddings }, one)),
  );
  const sum = (all: readonly Parameter[]) => all.reduce((n, { elements }) => n + elements, 0);
  return sum(drawn) / (2 * sum(table));
}
