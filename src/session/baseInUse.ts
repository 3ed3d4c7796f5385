import type { ModelLocks } from "./environment.ts";

/**
 * The base model a session has in use, marked so over all tabs. In the store it may lie there without
 * a run: tuning and compiling come between its being kept and its first run, and its last run can be
 * deleted while it is open.
 */
export class BaseInUse {
  readonly #locks: ModelLocks;
  #modelId: string | null = null;
  #letGo: () => void = () => {};

  constructor(locks: ModelLocks) {
    this.#locks = locks;
  }

  /** Marks this model in place of the one before. */
  async use(modelId: string): Promise<void> {
    if (this.#modelId === modelId) return;
    const letGo = await this.#locks.share(modelId);
    this.letGo();
    this.#modelId = modelId;
    this.#letGo = letGo;
  }

  /** True if there was one. */
  letGo(): boolean {
    const isHeld = this.#modelId !== null;
    this.#letGo();
    this.#letGo = () => {};
    this.#modelId = null;
    return isHeld;
  }
}
