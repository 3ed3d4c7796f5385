import { DeviceLost, toFailure, ZerothError } from "#base/errors.ts";
import { createQueue } from "#base/queue.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { EvaluationRecord, RunPatch, RunRecord } from "#run/store/records.ts";
import type { RunStore, Weights } from "#run/store/runStore.ts";
import type { Durability } from "#run/store/store.ts";
import type { Environment } from "./environment.ts";

/**
 * Saves steps, evaluations and changes of a run. Those that the store rejects are reported, kept in memory
 * and written with the next write or by `saveWaiting`; training continues.
 */
export class RunWriter {
  readonly #env: Pick<Environment, "date" | "emit">;
  readonly #runs: RunStore;
  readonly #runId: string;
  /** Time of the last confirmed write, ISO 8601. */
  savedAt: string | null = null;
  savedStep: number;
  /** Of the newest checkpoint of the run; 0 without one. */
  checkpointStep: number;
  /** The store rejected the last checkpoint. */
  isCheckpointDue = false;
  #steps: JournalStep[] = [];
  #evaluations: EvaluationRecord[] = [];
  /** Merged changes of the record; null if none waits. */
  #patch: RunPatch | null = null;
  /** Code of the last failed write, until one succeeds. */
  #failureCode: string | null = null;
  /** One write after another: `saveWaiting` is called while training writes. */
  readonly #inOrder = createQueue();

  constructor(
    env: Pick<Environment, "date" | "emit">,
    runs: RunStore,
    runId: string,
    stored: { readonly savedStep: number; readonly checkpointStep: number },
  ) {
    this.#env = env;
    this.#runs = runs;
    this.#runId = runId;
    this.savedStep = stored.savedStep;
    this.checkpointStep = stored.checkpointStep;
  }

  /** Something is in memory only. */
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

  /** Returns the stored record; null if the store rejected the change, which then waits. */
  async update(patch: RunPatch): Promise<RunRecord | null> {
    this.#patch = { ...this.#patch, ...patch };
    return this.#guard(() => this.#flush("strict"));
  }

  /** Saves the weights after a step that was added. They do not wait in memory. @throws DeviceLost */
  async saveCheckpoint(weights: Weights): Promise<void> {
    this.isCheckpointDue = true;
    await this.#guard(async () => {
      await this.#flush("strict");
      await this.#runs.saveSnapshot(this.#runId, weights);
      this.checkpointStep = weights.step;
      this.isCheckpointDue = false;
      this.savedAt = this.#env.date().toISOString();
    });
  }

  /** Writes everything that waits; false if nothing did. */
  async saveWaiting(): Promise<boolean> {
    if (!this.hasUnsaved) return false;
    await this.#guard(() => this.#flush("strict"));
    return true;
  }

  /** Writes steps, then the evaluations made after them, then the record; null if it did not change. */
  async #flush(durability: Durability): Promise<RunRecord | null> {
    const steps = [...this.#steps];
    const last = steps.at(-1);
    if (last) {
      await this.#runs.appendSteps(this.#runId, steps, durability);
      // More may have been added meanwhile.
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

  /** Returns the result of the write; null if the store rejected it. */
  #guard<T>(write: () => Promise<T>): Promise<T | null> {
    return this.#inOrder(async () => {
      try {
        const result = await write();
        this.#reportRecovery();
        return result;
      } catch (error) {
        if (error instanceof DeviceLost) throw error;
        const { code, message } = toFailure(error);
        this.#failureCode = code;
        this.#env.emit({
          type: "notice",
          failure: { code, message: `${message} ${this.#whatIsSaved()}` },
          kind: "problem",
        });
        if (!(error instanceof ZerothError)) throw error;
        return null;
      }
    });
  }

  #whatIsSaved(): string {
    return this.hasUnsaved
      ? `Everything up to step ${this.savedStep} is saved; the rest is in memory until storage accepts it.`
      : `Everything up to step ${this.savedStep} is saved; a checkpoint, for a quicker start, is missing ` +
          `until storage accepts it.`;
  }

  #reportRecovery(): void {
    if (this.#failureCode === null) return;
    const message = `Storage accepts writes again. Everything up to step ${this.savedStep} is saved.`;
    this.#env.emit({
      type: "notice",
      failure: { code: this.#failureCode, message },
      kind: "recovered",
    });
    this.#failureCode = null;
  }
}
