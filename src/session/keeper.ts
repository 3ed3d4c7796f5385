import { DeviceLost, toFailure, ZerothError } from "#base/errors.ts";
import { createQueue } from "#base/queue.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { EvaluationRecord, RunPatch, RunRecord } from "#run/store/records.ts";
import type { RunStore, Weights } from "#run/store/runStore.ts";
import type { Durability } from "#run/store/store.ts";
import type { Environment } from "./environment.ts";

type Place = Pick<Environment, "date" | "emit">;

/**
 * Writes what a run makes to the store. What the store refuses is told, kept in memory, and written
 * with the next, or when it is asked for; training goes on.
 */
export class Keeper {
  readonly #env: Place;
  readonly #runs: RunStore;
  readonly #runId: string;
  /** When a write was last confirmed, ISO 8601. */
  savedAt: string | null = null;
  savedStep: number;
  /** Of the run's own newest snapshot; 0 without one. */
  snapshotStep: number;
  /** The store refused the last snapshot. */
  isSnapshotDue = false;
  #steps: JournalStep[] = [];
  #evaluations: EvaluationRecord[] = [];
  /** Changes of the record, later ones over earlier ones; null where none waits. */
  #patch: RunPatch | null = null;
  /** Code of the last write that failed, until one succeeds. */
  #trouble: string | null = null;
  /** One write after another: what is asked for from beside must not meet what training writes. */
  readonly #inOrder = createQueue();

  constructor(
    env: Place,
    runs: RunStore,
    runId: string,
    stored: { readonly savedStep: number; readonly snapshotStep: number },
  ) {
    this.#env = env;
    this.#runs = runs;
    this.#runId = runId;
    this.savedStep = stored.savedStep;
    this.snapshotStep = stored.snapshotStep;
  }

  /** Something waits that only memory holds. */
  get hasUnsaved(): boolean {
    return this.#steps.length > 0 || this.#evaluations.length > 0 || this.#patch !== null;
  }

  async addSteps(steps: readonly JournalStep[], durability: Durability): Promise<void> {
    this.#steps.push(...steps);
    await this.#guard(() => this.#flush(durability));
  }

  async addEvaluation(evaluation: EvaluationRecord): Promise<void> {
    this.#evaluations.push(evaluation);
    await this.#guard(() => this.#flush("strict"));
  }

  /** The record as it is stored now; null where the store refused, and the change waits. */
  async update(patch: RunPatch): Promise<RunRecord | null> {
    this.#patch = { ...this.#patch, ...patch };
    return this.#guard(() => this.#flush("strict"));
  }

  /** Weights after a step that was added; they are not kept in memory. @throws DeviceLost */
  async saveSnapshot(weights: Weights): Promise<void> {
    this.isSnapshotDue = true;
    await this.#guard(async () => {
      await this.#flush("strict");
      await this.#runs.saveSnapshot(this.#runId, weights);
      this.snapshotStep = weights.step;
      this.isSnapshotDue = false;
      this.savedAt = this.#env.date().toISOString();
    });
  }

  /** Whatever waits, once more; false where nothing did. */
  async saveWaiting(): Promise<boolean> {
    if (!this.hasUnsaved) return false;
    await this.#guard(() => this.#flush("strict"));
    return true;
  }

  /** Steps before the evaluations that were made after them, then the record; null if that stays. */
  async #flush(durability: Durability): Promise<RunRecord | null> {
    const steps = [...this.#steps];
    const last = steps.at(-1);
    if (last) {
      await this.#runs.appendSteps(this.#runId, steps, durability);
      // More may have come meanwhile.
      this.#steps.splice(0, steps.length);
      this.savedStep = last.step;
      this.savedAt = this.#env.date().toISOString();
    }
    for (;;) {
      const [next] = this.#evaluations;
      if (!next) break;
      await this.#runs.appendEvaluation(this.#runId, next);
      this.#evaluations.shift();
    }
    const patch = this.#patch;
    if (!patch) return null;
    const record = await this.#runs.updateRun(this.#runId, patch);
    if (this.#patch === patch) this.#patch = null;
    return record;
  }

  /** What the write gives; null where the store refused it. */
  #guard<T>(write: () => Promise<T>): Promise<T | null> {
    return this.#inOrder(async () => {
      try {
        const result = await write();
        this.#tellStoreIsBack();
        return result;
      } catch (error) {
        if (error instanceof DeviceLost) throw error;
        const { code, message } = toFailure(error);
        this.#trouble = code;
        this.#env.emit({
          type: "notice",
          failure: { code, message: `${message} ${this.#whatIsKept()}` },
          kind: "problem",
        });
        if (!(error instanceof ZerothError)) throw error;
        return null;
      }
    });
  }

  #whatIsKept(): string {
    return this.hasUnsaved
      ? `Up to step ${this.savedStep} is saved; what came after is in memory until storage takes it.`
      : `Everything up to step ${this.savedStep} is saved; a copy of the weights, for a quicker ` +
          `start, is missing until storage takes it.`;
  }

  #tellStoreIsBack(): void {
    if (this.#trouble === null) return;
    const message = `Storage takes writes again. Everything up to step ${this.savedStep} is saved.`;
    this.#env.emit({
      type: "notice",
      failure: { code: this.#trouble, message },
      kind: "recovered",
    });
    this.#trouble = null;
  }
}
