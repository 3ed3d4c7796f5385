import { DeviceLost, toFailure, ZerothError } from "#base/errors.ts";
import type { JournalStep } from "../journal.ts";
import type { EvaluationRecord } from "../records.ts";
import type { RunStore } from "../runStore.ts";
import type { Durability } from "../store.ts";
import type { Environment } from "./environment.ts";

/**
 * Writes what a run makes to the store. What the store refuses is told, kept in memory, and written
 * with the next; training goes on.
 */
export class Keeper {
  readonly #env: Environment;
  readonly #runs: RunStore;
  readonly #runId: string;
  /** When a write was last confirmed, ISO 8601. */
  savedAt: string | null = null;
  savedStep: number;
  #steps: JournalStep[] = [];
  #evaluations: EvaluationRecord[] = [];
  /** Code of the last write that failed, until one succeeds. */
  #trouble: string | null = null;

  constructor(env: Environment, runs: RunStore, runId: string, savedStep: number) {
    this.#env = env;
    this.#runs = runs;
    this.#runId = runId;
    this.savedStep = savedStep;
  }

  async addSteps(steps: readonly JournalStep[], durability: Durability): Promise<void> {
    this.#steps.push(...steps);
    await this.#guard(() => this.#flush(durability));
  }

  async addEvaluation(evaluation: EvaluationRecord): Promise<void> {
    this.#evaluations.push(evaluation);
    await this.#guard(() => this.#flush("strict"));
  }

  /** Whatever waits, then this write. @throws DeviceLost */
  async keep(write: () => Promise<void>): Promise<void> {
    await this.#guard(async () => {
      await this.#flush("strict");
      await write();
    });
  }

  /** Steps before the evaluations that were made after them. */
  async #flush(durability: Durability): Promise<void> {
    const last = this.#steps.at(-1);
    if (last) {
      await this.#runs.appendSteps(this.#runId, this.#steps, durability);
      this.#steps = [];
      this.savedStep = last.step;
      this.savedAt = this.#env.date().toISOString();
    }
    for (;;) {
      const [next] = this.#evaluations;
      if (!next) return;
      await this.#runs.appendEvaluation(this.#runId, next);
      this.#evaluations.shift();
    }
  }

  async #guard(write: () => Promise<void>): Promise<void> {
    try {
      await write();
      this.#tellStoreIsBack();
    } catch (error) {
      if (error instanceof DeviceLost) throw error;
      const { code, message } = toFailure(error);
      const kept = `Up to step ${this.savedStep} is saved; training goes on in memory.`;
      this.#trouble = code;
      this.#env.emit({
        type: "notice",
        failure: { code, message: `${message} ${kept}` },
        kind: "problem",
      });
      if (!(error instanceof ZerothError)) throw error;
    }
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
