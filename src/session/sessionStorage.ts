import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import type { Store } from "#run/store/store.ts";
import type { Environment } from "./environment.ts";

type StorageEnvironment = Pick<Environment, "openStore" | "date" | "locks" | "modelLocks">;

/**
 * The store of a session, opened at first use, and the base model that the session uses.
 *
 * That model is locked in all tabs: it may be stored without a run (it is saved before its first run, and its
 * last run can be deleted while it is open), and would then be removed as garbage.
 */
export class SessionStorage {
  readonly #env: StorageEnvironment;
  #store: Store | null = null;
  #runs: RunStore | null = null;
  #isSwept = false;
  #modelId: string | null = null;
  #release: () => void = () => {};

  constructor(env: StorageEnvironment) {
    this.#env = env;
  }

  /** @throws ZerothError E-STORE-3 if storage is blocked */
  async store(): Promise<Store> {
    this.#store ??= await this.#env.openStore();
    return this.#store;
  }

  /** @throws ZerothError E-STORE-3 if storage is blocked */
  async runs(): Promise<RunStore> {
    const { locks, modelLocks } = this.#env;
    this.#runs ??= openRunStore(
      await this.store(),
      () => this.#env.date(),
      async (ownerId) => ((await locks.held()).has(ownerId) ? null : modelLocks.takeAlone(ownerId)),
    );
    return this.#runs;
  }

  /** Marks this model as the one in use, instead of the one before. */
  async holdModel(modelId: string): Promise<void> {
    if (this.#modelId === modelId) return;
    const release = await this.#env.modelLocks.share(modelId);
    this.#release();
    this.#modelId = modelId;
    this.#release = release;
  }

  /** Ends the use of the model, and removes garbage from the store. */
  releaseModel(): void {
    if (this.#modelId === null) return;
    this.#release();
    this.#release = () => {};
    this.#modelId = null;
    this.#collectGarbage();
  }

  /** Removes what earlier sessions left behind, at the first call. */
  sweepOnce(): void {
    if (this.#isSwept) return;
    this.#isSwept = true;
    this.#collectGarbage();
  }

  /** Runs in the background. If it fails, the next session tries again. */
  #collectGarbage(): void {
    void this.#runs?.collectGarbage().catch(() => {});
  }
}
