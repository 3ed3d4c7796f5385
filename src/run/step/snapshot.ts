import { maxTerms } from "#model/buffers.ts";
import { inverseTerms, type SlottedTerm } from "#model/deltas.ts";
import type { MethodTraits } from "#zo/methods/method.ts";

/**
 * The reference weights of a method that probes at a snapshot: the weights at its last anchor, as the
 * terms added since then or as a second copy on the GPU.
 */
export class Snapshot {
  readonly #kind: "none" | "deltas" | "copy";
  readonly #interval: number;
  /** Terms added since the last anchor, oldest first. */
  #terms: SlottedTerm[] = [];

  constructor(snapshot: MethodTraits["snapshot"]) {
    this.#kind = snapshot?.kind ?? "none";
    this.#interval = snapshot?.interval ?? 1;
  }

  get isCopy(): boolean {
    return this.#kind === "copy";
  }

  /**
   * The slot of a step's first coefficient. A snapshot kept as terms still reads the coefficients of
   * every step since its anchor; otherwise the next step may overwrite them.
   */
  firstSlotOf(step: number): number {
    return (step % this.#interval) * Math.floor(maxTerms / this.#interval);
  }

  /** The terms that lead from the current weights back to the snapshot; none for a copy. */
  get offsets(): readonly SlottedTerm[] {
    return this.isCopy ? [] : inverseTerms(this.#terms);
  }

  clear(): void {
    this.#terms = [];
  }

  /** Adds the terms of a step; those of an anchor are the first since the snapshot. */
  add(terms: readonly SlottedTerm[], isAnchor: boolean): void {
    if (this.#kind === "deltas") this.#terms = isAnchor ? [...terms] : [...this.#terms, ...terms];
  }
}
