import { type Direction, type NoiseKind, noise, noiseKinds } from "#zo/noise.ts";
import { round16 } from "#zo/round16.ts";
import { HEAD_BLOCK } from "./chunks.ts";
import { atStepsEnd } from "./theta.ts";
import { type Bound, field, floats, seedOf, type TwinCase, toTheBit, words } from "./twin.ts";

/**
 * What the weight pass and the embeddings share: pending terms and the probe, one weight at a time.
 * The twin of `shaders/lib/terms.wgsl` and `shaders/lib/perturbed.wgsl`; every f32 rounding of theirs
 * is a `Math.fround` here.
 */

const NO_BLOCK = 0xffffffff;
const termKinds = ["noise", "decay", "back"] as const;
const TERM_WORDS = 8;

/** One weight and where it stands. */
export interface Place {
  readonly tensor: number;
  readonly element: number;
  /** null for embeddings, projections and the final norm; `HEAD_BLOCK` for a score head. */
  readonly block: number | null;
  readonly decays: boolean;
}

export function noiseKindOf({ overrides }: TwinCase): NoiseKind {
  return noiseKinds[overrides["NOISE_KIND"] ?? 0]!;
}

/**
 * theta + the terms [first, end) of the case's list.
 *
 * @param isKept the result is written back: rounded at the end of each step, where halves are stored
 */
export function applyTerms(
  testCase: TwinCase,
  weight: number,
  place: Place,
  first: number,
  end: number,
  isKept: boolean,
): number {
  const terms = words(testCase, "terms");
  const coefficients = floats(testCase, "coefficients");
  let w = weight;
  let mask = maskOf(testCase, w, place);
  let movedIn: number | null = null;
  let current = 0;
  const endStep = () => {
    if (isKept && movedIn !== null) {
      w = atStepsEnd(testCase, w, movedIn, place.tensor, place.element);
    }
    movedIn = null;
  };
  for (let t = first; t < end; t++) {
    const term = terms.subarray(t * TERM_WORDS, (t + 1) * TERM_WORDS);
    const [step, probe, slot, kind, blocksLow, blocksHigh, embeddings, beginsStep] = term;
    if (beginsStep === 1) {
      endStep();
      current = step!;
      mask = maskOf(testCase, w, place);
    }
    const c = coefficients[slot!]!;
    if (c === 0 || !isActive(place, blocksLow!, blocksHigh!, embeddings!)) continue;
    movedIn = current;
    if (termKinds[kind!] === "decay") {
      if (place.decays) w = Math.fround(w * Math.fround(1 - c * mask));
      continue;
    }
    const signed = termKinds[kind!] === "back" ? -c : c;
    const z = zOf(testCase, { step: step!, probe: probe! }, place);
    w = Math.fround(w + Math.fround(signed * Math.fround(mask * z)));
  }
  endStep();
  return w;
}

/** W+ and W- of an updated weight. */
export function probed(testCase: TwinCase, w: number, place: Place): [plus: number, minus: number] {
  if (!isProbed(testCase, place)) return [w, w];
  const state = (key: string) => field(testCase, "state", key);
  const updates = state("update_count");
  const mask = maskOf(testCase, w, place);
  const base = applyTerms(testCase, w, place, updates, updates + state("offset_count"), false);
  const direction = { step: state("probe_step"), probe: state("probe_index") };
  const z = zOf(testCase, direction, place);
  const step = Math.fround(Math.fround(state("epsilon")) * Math.fround(mask * z));
  return [Math.fround(base + step), Math.fround(base - step)];
}

export function isProbed(testCase: TwinCase, place: Place): boolean {
  const state = (key: string) => field(testCase, "state", key);
  if (state("probe_enabled") !== 1) return false;
  const [low, high] = [state("probe_blocks_low"), state("probe_blocks_high")];
  return isActive(place, low, high, state("probe_embeddings"));
}

/**
 * Binomial and rademacher noise: to the bit, which is what the 16-bit coefficients are for. Gaussian: z
 * itself is only good to 2e-3, because SwiftShader's cosine is off by 1.9e-4 and a radius reaches 5.9.
 */
export function deltaBound(testCase: TwinCase): Bound {
  if (noiseKindOf(testCase) !== "gaussian") return toTheBit;
  const steps = [...floats(testCase, "coefficients"), field(testCase, "state", "epsilon")];
  const reach = steps.reduce((sum, step) => sum + Math.abs(step), 0);
  return { absolute: 2e-3 * reach, relative: 2 ** -22 };
}

function isActive({ block }: Place, low: number, high: number, embeddings: number): boolean {
  if (block === HEAD_BLOCK) return true;
  if (block === null) return embeddings === 1;
  return (((block < 32 ? low : high) >>> (block % 32)) & 1) === 1;
}

function maskOf(testCase: TwinCase, weight: number, { tensor }: Place): number {
  if (field(testCase, "state", "mask_by_magnitude") === 0) return 1;
  return Math.abs(weight) <= floats(testCase, "thresholds")[tensor]! ? 1 : 0;
}

function zOf(testCase: TwinCase, direction: Direction, { tensor, element }: Place): number {
  return noise(noiseKindOf(testCase), seedOf(testCase), direction, tensor, element, 1)[0]!;
}

/** The uniform `state` of a case: block masks open, nothing masked, seed beyond 32 bits. */
export const openState: Readonly<Record<string, number>> = {
  seed_low: 0x9abcdef0,
  seed_high: 0x12345,
  probe_step: 7,
  probe_index: 0,
  probe_blocks_low: 0xffffffff,
  probe_blocks_high: 0xffffffff,
  probe_embeddings: 1,
  probe_enabled: 1,
  epsilon: round16(1e-3),
  update_count: 0,
  offset_count: 0,
  mask_by_magnitude: 0,
};

/** A term of a case's list; left out: a noise term everywhere, the first of its step. */
export interface TermWords {
  readonly step: number;
  readonly slot: number;
  readonly probe?: number;
  /** `back`: noise, subtracted. */
  readonly kind?: (typeof termKinds)[number];
  readonly blocksLow?: number;
  readonly blocksHigh?: number;
  readonly embeddings?: boolean;
  readonly continuesStep?: boolean;
}

/** The words of a list of terms; one unused term where there are none, as a buffer may not be empty. */
export function termList(terms: readonly TermWords[]): Uint32Array<ArrayBuffer> {
  const list = new Uint32Array(Math.max(1, terms.length) * TERM_WORDS);
  terms.forEach((term, i) => {
    const {
      step,
      probe = 0,
      slot,
      kind = "noise",
      embeddings = true,
      continuesStep = false,
    } = term;
    const { blocksLow = NO_BLOCK, blocksHigh = NO_BLOCK } = term;
    const flags = [Number(embeddings), Number(!continuesStep)];
    list.set(
      [step, probe, slot, termKinds.indexOf(kind), blocksLow, blocksHigh, ...flags],
      i * TERM_WORDS,
    );
  });
  return list;
}
