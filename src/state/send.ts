import type { CommandBody } from "#session/protocol.ts";
import { CommandFailed, type EngineClient } from "./client.ts";
import type { PreferenceKeeper } from "./preferences.ts";
import { withSent, withSettled } from "./reduce.ts";
import type { AppStore } from "./store.ts";

/** What actions stand on. */
export interface ActionContext {
  readonly store: AppStore;
  readonly client: EngineClient;
  readonly clock: {
    setTimeout(action: () => void, ms: number): number;
    clearTimeout(id: number): void;
  };
  readonly keeper: PreferenceKeeper;
}

/** Resolves to whether the command was done; its refusal lies in the store. */
export type Send = (body: CommandBody) => Promise<boolean>;

/** Sends a command, counts it as pending, keeps its refusal. Resolves to whether it was done. */
export function sender({ store, client }: ActionContext): Send {
  return async (body) => {
    store.setState((state) => withSent(state, body.type));
    try {
      await client.send(body);
      return true;
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      store.setState((state) => ({ failures: { ...state.failures, [body.type]: error.failure } }));
      return false;
    } finally {
      store.setState((state) => withSettled(state, body.type));
    }
  };
}
