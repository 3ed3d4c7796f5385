import type { Direction } from "./noise.ts";

/**
 * What a method does in one step, as data: which directions it tries and how losses become coefficients.
 * The plan is a pure function of settings and context, so a journal stores coefficients only.
 *
 * A probe p costs two forward passes and yields g_p = (L(θ + εz) − L(θ − εz)) / 2ε. One-sided probes share two
 * passes: L(θ + εz) and L(θ + εz′), or L(θ) in the last probe of the step. n directions yield
 * g_i = (L_i − L(θ)) / σ, σ the standard deviation of the L_i.
 * The step's delta is Σ coefficient · mask ⊙ z(direction), one term after another.
 */
export interface StepPlan {
  /** What the probes are evaluated on: the step's batch, or the training examples of an anchor. */
  readonly examples: "batch" | "anchor";
  readonly probes: readonly Probe[];
  readonly terms: readonly Term[];
  /** Blocks perturbed and updated in this step; null means all. */
  readonly activeBlocks: readonly number[] | null;
  /** Whether embeddings are perturbed and updated in this step. */
  readonly embeddings: boolean;
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Name of this kind of step in the log, for methods with several kinds. */
  readonly kind?: string;
}

export interface Probe {
  readonly direction: Direction;
  /** At the weights of this step, or at the snapshot taken at the last anchor. */
  readonly at: "theta" | "snapshot";
  /** z′ of a one-sided probe; null for L(θ). All probes of a step are one-sided, or none is. */
  readonly other?: Direction | null;
}

/** coefficient = round16(scale · (g[plus] − g[minus])) */
export interface Term {
  readonly direction: Direction;
  readonly scale: number;
  readonly plus: GradientRegister;
  readonly minus?: GradientRegister;
}

/** g of a probe of this step (of a direction, with one-sided probes) by its index, or of the last anchor step. */
export type GradientRegister = number | "anchor";

/** Everything a plan may depend on besides the settings. */
export interface StepContext {
  /** Counts from 0. */
  readonly step: number;
  readonly seed: number;
  /** Learning rate of this step by the schedule. */
  readonly learningRate: number;
  /** learningRate of this step divided by the base rate, for methods with rates of their own. */
  readonly scheduleFactor: number;
  /** Factor of `Method.annealing`, 1 at first. */
  readonly annealing: number;
  readonly numBlocks: number;
}
