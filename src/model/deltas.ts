import type { Direction } from "#zo/noise.ts";
import type { StepPlan, Term } from "#zo/plan.ts";
import type { Parameter } from "./parameters.ts";

/**
 * Deltas as the GPU reads them: the words of `Term` (`shaders/lib/terms.wgsl`) and of `Program`
 * (`shaders/zo/coefficients.wgsl`).
 */

/** A term of some step's delta, with the slot its coefficient stands in. */
export interface SlottedTerm extends Reach {
  /** `back`: noise, subtracted. */
  readonly kind: "noise" | "decay" | "back";
  readonly direction: Direction;
  readonly slot: number;
  /** First of its step: a mask by magnitude is taken anew from the weights before it. */
  readonly beginsStep: boolean;
}

export const termWords = 8;
export const programWords = 5;

const kinds = { noise: 0, decay: 1, back: 2 } as const;
const anchorRegister = 16;
const noRegister = 0xffffffff;

/** The parameters that a term, or the probe of a step, reaches. */
export interface Reach {
  /** Blocks, or null for all. */
  readonly blocks: readonly number[] | null;
  /** Everything before and after the blocks but a score head. */
  readonly embeddings: boolean;
}

/** Whether a parameter is within reach. A score head always is. */
export function isReached(
  { blocks, embeddings }: Reach,
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

/** The terms a step leaves pending; weight decay first, as its own term. */
export function pendingTerms(plan: StepPlan, decay: number, firstSlot: number): SlottedTerm[] {
  const common = { blocks: plan.activeBlocks, embeddings: plan.embeddings };
  const noise = plan.terms.map(({ direction }) => ({ kind: "noise" as const, direction }));
  const first = plan.probes[0]!.direction;
  const all = decay > 0 ? [{ kind: "decay" as const, direction: first }, ...noise] : noise;
  return all.map((term, i) => ({ ...term, ...common, slot: firstSlot + i, beginsStep: i === 0 }));
}

/** The same terms taken back, the last one first: from the weights after them to those before. */
export function inverseTerms(terms: readonly SlottedTerm[]): SlottedTerm[] {
  return terms.map((term) => ({ ...term, kind: "back" as const, beginsStep: false })).reverse();
}

/** How the GPU makes the coefficients of those terms from the gradients of the step's probes. */
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
  if (decay > 0) push(onDecayGrid(decay), noRegister, noRegister, 1);
  for (const term of plan.terms) push(term.scale, register(term.plus), minusRegister(term), 0);
  return words;
}

/**
 * The multiple of 2⁻²⁴ next to c: 1 - c is then an f32, and w · (1 - c) and w - c · w have the same bits,
 * whichever of the two a driver makes of it. Less than half of 2⁻²⁴ would leave any f32 as it is.
 */
function onDecayGrid(c: number): number {
  return Math.round(c * 2 ** 24) / 2 ** 24;
}

function register(name: number | "anchor"): number {
  return name === "anchor" ? anchorRegister : name;
}

function minusRegister({ minus }: Term): number {
  return minus === undefined ? noRegister : register(minus);
}
