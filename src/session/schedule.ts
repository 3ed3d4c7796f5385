import { ZerothError } from "#base/errors.ts";
import { createQueue, type Queue } from "#base/queue.ts";

/** Which commands run now, and whether they should pause or stop. */
export class Schedule {
  /** For commands that use the model or the GPU, which run one after another. */
  readonly inOrder: Queue = createQueue();
  #training: Promise<void> | null = null;
  #isPauseWanted = false;
  #isCancelled = false;

  get isTraining(): boolean {
    return this.#training !== null;
  }

  /** The training command should stop after the steps in flight. */
  get isPauseWanted(): boolean {
    return this.#isPauseWanted;
  }

  /** Commands that can be abandoned should stop. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  resetCancel(): void {
    this.#isCancelled = false;
  }

  /** @throws ZerothError E-BUSY-1 while a run trains */
  rejectWhileTraining(): void {
    if (!this.isTraining) return;
    throw new ZerothError("E-BUSY-1", "A run is training. Pause it first.");
  }

  /** Runs a command that trains, after those before it; until it ends, `isTraining`. */
  async train(action: () => Promise<void>): Promise<void> {
    this.#isPauseWanted = false;
    const training = this.inOrder(action);
    this.#training = training.catch(() => {});
    try {
      await training;
    } finally {
      this.#training = null;
    }
  }

  /** Resolves when the training command has stopped and everything is saved. */
  async pause(): Promise<void> {
    this.#isPauseWanted = true;
    await this.#training;
  }
}
