import { wordsOf } from "#gpu/card.ts";
import { constants, Program, Term } from "#gpu/kernels.gen.ts";
import type { Direction } from "#zo/noise.ts";
import type { StepPlan } from "#zo/plan.ts";
import type { Parameter } from "./parameters.ts";

/** Encodes deltas for the GPU. @see shaders/lib/terms.wgsl, shaders/zo/coefficients.wgsl */

const {
  ANCHOR_REGISTER,
  NO_REGISTER,
  SCALED_GRADIENT,
  SCALE_ALONE,
  TERM_BACK,
  TERM_DECAY,
  TERM_NOISE,
} = constants;

/** The part of a model that a term or a probe applies to. */
export interface ActivePart {
  /** Blocks, or null for all. */
  readonly blocks: readonly number[] | null;
  /** Everything outside the blocks but a score head, which is always active. */
  readonly embeddings: boolean;
}

/** A term of the delta of a step, with the slot of its coefficient. */
export interface SlottedTerm extends ActivePart {
  /** `back`: noise, subtracted. */
  readonly kind: keyof typeof kinds;
  readonly direction: Direction;
  readonly slot: number;
  /** First of its step: masks by magnitude are computed anew from the weights before it. */
  readonly beginsStep: boolean;
}

const kinds = { noise: TERM_NOISE, decay: TERM_DECAY, back: TERM_BACK } as const;
const termWords = wordsOf(Term);
export const programWords = wordsOf(Program);

export function isActive(
  { blocks, embeddings }: ActivePart,
  { stage, role }: Pick<Parameter, "stage" | "role">,
): boolean {
  if (role === "head") return true;
  if (typeof stage !== "number") return embeddings;
  return blocks === null || blocks.includes(stage);
}

/** Blocks as the two words of a bit mask; null means all 64. */
export function blockMask(blocks: readonly number[] | null): readonly [low: number, high: number] {
  if (blocks === null) return [0xffffffff, 0xffffffff];
  let low = 0;
  let high = 0;
  for (const block of blocks) {
    if (block < 32) low |= 1 << block;
    else high |= 1 << (block - 32);
  }
  return [low >>> 0, high >>> 0];
}

export function encodeTerms(terms: readonly SlottedTerm[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(terms.length * termWords);
  terms.forEach((term, i) => {
    const { step, probe } = term.direction;
    const [low, high] = blockMask(term.blocks);
    const flags = [Number(term.embeddings), Number(term.beginsStep)];
    words.set([step, probe, term.slot, kinds[term.kind], low, high, ...flags], i * termWords);
  });
  return words;
}

/** The terms that are pending after a step; weight decay is the first of them. */
export function pendingTerms(plan: StepPlan, decay: number, firstSlot: number): SlottedTerm[] {
  const common = { blocks: plan.activeBlocks, embeddings: plan.embeddings };
  const noise = plan.terms.map(({ direction }) => ({ kind: "noise" as const, direction }));
  const first = plan.probes[0]!.direction;
  const all = decay > 0 ? [{ kind: "decay" as const, direction: first }, ...noise] : noise;
  return all.map((term, i) => ({ ...term, ...common, slot: firstSlot + i, beginsStep: i === 0 }));
}

/** The terms that lead from the weights after given terms back to those before. */
export function inverseTerms(terms: readonly SlottedTerm[]): SlottedTerm[] {
  return terms.map((term) => ({ ...term, kind: "back" as const, beginsStep: false })).reverse();
}

/** The programs that compute the coefficients of those terms from the projected gradients of a step. */
export function encodePrograms(
  plan: StepPlan,
  decay: number,
  firstSlot: number,
): Uint32Array<ArrayBuffer> {
  const count = plan.terms.length + (decay > 0 ? 1 : 0);
  const words = new Uint32Array(count * programWords);
  const floats = new Float32Array(words.buffer);
  let at = 0;
  const push = (scale: number, plus: number, minus: number, kind: number) => {
    floats[at * programWords] = scale;
    words.set([plus, minus, firstSlot + at, kind], at * programWords + 1);
    at++;
  };
  if (decay > 0) push(onDecayGrid(decay), NO_REGISTER, NO_REGISTER, SCALE_ALONE);
  for (const { scale, plus, minus } of plan.terms) {
    const minusRegister = minus === undefined ? NO_REGISTER : register(minus);
    push(scale, register(plus), minusRegister, SCALED_GRADIENT);
  }
  return words;
}

/**
 * The multiple of 2⁻²⁴ next to c. 1 - c is then an f32, and w · (1 - c) has the same bits as w - c · w, to
 * which a driver may fuse it. A c below 2⁻²⁵ would not change any f32.
 */
function onDecayGrid(c: number): number {
  return Math.round(c * 2 ** 24) / 2 ** 24;
}

function register(name: number | "anchor"): number {
  return name === "anchor" ? ANCHOR_REGISTER : name;
}
