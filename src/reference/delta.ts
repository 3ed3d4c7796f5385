import { wordsOf } from "#gpu/card.ts";
import { constants, type PassState, Term } from "#gpu/kernels.gen.ts";
import { type Direction, type NoiseKind, noise, noiseKinds } from "#zo/noise.ts";
import { round16 } from "#zo/rounding.ts";
import { atStepsEnd } from "./theta.ts";
import { type Bound, field, floats, seedOf, type TwinCase, toTheBit, words } from "./twin.ts";

/**
 * Pending terms and the probe, one weight at a time: the twin of `shaders/lib/terms.wgsl` and
 * `shaders/lib/perturbed.wgsl`. Every f32 rounding there is a `Math.fround` here.
 */

const { HEAD_BLOCK, NO_BLOCK, TERM_BACK, TERM_DECAY, TERM_NOISE } = constants;
const everyBlock = 0xffffffff;

/** What identifies a weight and decides which terms apply to it. */
export interface WeightId {
  readonly tensor: number;
  readonly element: number;
  /** Its block, or `NO_BLOCK` or `HEAD_BLOCK`. */
  readonly block: number;
  readonly decays: boolean;
}

export function noiseKindOf({ overrides }: TwinCase): NoiseKind {
  return noiseKinds[overrides["NOISE_KIND"] ?? 0]!;
}

/**
 * Returns a weight after terms [first, end) of the case's list.
 *
 * @param isKept the result is written back, and therefore rounded at the end of each step where halves
 *   are stored
 */
export function applyTerms(
  testCase: TwinCase,
  weight: number,
  id: WeightId,
  first: number,
  end: number,
  isKept: boolean,
): number {
  const terms = words(testCase, "terms");
  const coefficients = floats(testCase, "coefficients");
  let w = weight;
  let mask = maskOf(testCase, w, id);
  let changedIn: number | null = null;
  let current = 0;
  const endStep = () => {
    if (isKept && changedIn !== null) {
      w = atStepsEnd(testCase, w, changedIn, id.tensor, id.element);
    }
    changedIn = null;
  };
  for (let t = first; t < end; t++) {
    const term = terms.subarray(t * wordsOf(Term), (t + 1) * wordsOf(Term));
    const [step, probe, slot, kind, blocksLow, blocksHigh, embeddings, beginsStep] = term;
    if (beginsStep === 1) {
      endStep();
      current = step!;
      mask = maskOf(testCase, w, id);
    }
    const c = coefficients[slot!]!;
    if (c === 0 || !isActive(id, blocksLow!, blocksHigh!, embeddings!)) continue;
    changedIn = current;
    if (kind === TERM_DECAY) {
      if (id.decays) w = Math.fround(w * Math.fround(1 - c * mask));
      continue;
    }
    const signed = kind === TERM_BACK ? -c : c;
    const z = zOf(testCase, { step: step!, probe: probe! }, id);
    w = Math.fround(w + Math.fround(signed * Math.fround(mask * z)));
  }
  endStep();
  return w;
}

/** W+ and W- of an updated weight. */
export function perturbed(
  testCase: TwinCase,
  w: number,
  id: WeightId,
): [plus: number, minus: number] {
  if (!isProbed(testCase, id)) return [w, w];
  const state = (key: keyof PassState) => field(testCase, "state", key);
  const updates = state("update_count");
  const mask = maskOf(testCase, w, id);
  const base = applyTerms(testCase, w, id, updates, updates + state("offset_count"), false);
  const direction = { step: state("probe_step"), probe: state("probe_index") };
  const z = zOf(testCase, direction, id);
  const step = Math.fround(Math.fround(state("epsilon")) * Math.fround(mask * z));
  const plus = Math.fround(base + step);
  if (testCase.overrides["ONE_SIDED"] !== 1) return [plus, Math.fround(base - step)];
  const y = zOf(testCase, { ...direction, probe: state("other_index") }, id);
  const other = Math.fround(Math.fround(state("other_epsilon")) * Math.fround(mask * y));
  return [plus, Math.fround(base + other)];
}

export function isProbed(testCase: TwinCase, id: WeightId): boolean {
  const state = (key: keyof PassState) => field(testCase, "state", key);
  if (state("probe_enabled") !== 1) return false;
  const [low, high] = [state("probe_blocks_low"), state("probe_blocks_high")];
  return isActive(id, low, high, state("probe_embeddings"));
}

/**
 * To the bit for binomial and rademacher noise, which is what coefficients of 16 bits are for. Gaussian
 * noise itself is accurate to 2e-3 only: the cosine of SwiftShader is off by 1.9e-4, and a radius is up to
 * 5.9.
 */
export function deltaBound(testCase: TwinCase): Bound {
  if (noiseKindOf(testCase) !== "gaussian") return toTheBit;
  const steps = [...floats(testCase, "coefficients"), field(testCase, "state", "epsilon")];
  const reach = steps.reduce((sum, step) => sum + Math.abs(step), 0);
  return { absolute: 2e-3 * reach, relative: 2 ** -22 };
}

function isActive({ block }: WeightId, low: number, high: number, embeddings: number): boolean {
  if (block === HEAD_BLOCK) return true;
  if (block === NO_BLOCK) return embeddings === 1;
  return (((block < 32 ? low : high) >>> (block % 32)) & 1) === 1;
}

function maskOf(testCase: TwinCase, weight: number, { tensor }: WeightId): number {
  if (field(testCase, "state", "mask_by_magnitude") === 0) return 1;
  return Math.abs(weight) <= floats(testCase, "thresholds")[tensor]! ? 1 : 0;
}

function zOf(testCase: TwinCase, direction: Direction, { tensor, element }: WeightId): number {
  return noise(noiseKindOf(testCase), seedOf(testCase), direction, tensor, element, 1)[0]!;
}

/** The uniform `state` of a case: all blocks active, no mask, a seed beyond 32 bits. */
export const openState: PassState = {
  seed_low: 0x9abcdef0,
  seed_high: 0x12345,
  probe_step: 7,
  probe_index: 0,
  probe_blocks_low: everyBlock,
  probe_blocks_high: everyBlock,
  probe_embeddings: 1,
  probe_enabled: 1,
  epsilon: round16(1e-3),
  update_count: 0,
  offset_count: 0,
  mask_by_magnitude: 0,
  other_index: 1,
  other_epsilon: round16(1e-3),
};

/** A term of a case's list; by default a noise term for all blocks, the first of its step. */
export interface TermOptions {
  readonly step: number;
  readonly slot: number;
  readonly probe?: number;
  /** `back`: noise, subtracted. */
  readonly kind?: keyof typeof termKinds;
  readonly blocksLow?: number;
  readonly blocksHigh?: number;
  readonly embeddings?: boolean;
  readonly continuesStep?: boolean;
}

const termKinds = { noise: TERM_NOISE, decay: TERM_DECAY, back: TERM_BACK } as const;

/** The words of a list of terms; one unused term if there are none, because a buffer may not be empty. */
export function termList(terms: readonly TermOptions[]): Uint32Array<ArrayBuffer> {
  const list = new Uint32Array(Math.max(1, terms.length) * wordsOf(Term));
  terms.forEach((term, i) => {
    const { step, probe = 0, slot, kind = "noise" } = term;
    const { blocksLow = everyBlock, blocksHigh = everyBlock } = term;
    const flags = [Number(term.embeddings ?? true), Number(!term.continuesStep)];
    list.set(
      [step, probe, slot, termKinds[kind], blocksLow, blocksHigh, ...flags],
      i * wordsOf(Term),
    );
  });
  return list;
}
