import type { EngineEvent } from "#session/protocol.ts";
import { type Actions, createActions } from "./actions.ts";
import { createClient, type EnginePort } from "./client.ts";
import type { PreferenceKeeper } from "./preferences.ts";
import { reduce } from "./reduce.ts";
import { createIntake } from "./setup/intake.ts";
import { type AppStore, createAppStore } from "./store.ts";

/** The page's whole back room: what it knows, and what it can do. */
export interface App {
  readonly store: AppStore;
  readonly actions: Actions;
}

export interface Surroundings {
  readonly port: EnginePort;
  readonly preferences: PreferenceKeeper;
  readonly clock: {
    setTimeout(action: () => void, ms: number): number;
    clearTimeout(id: number): void;
  };
  /** Hands a finished file to the person. */
  saveFile(name: string, blob: Blob): void;
}

/** Joins the store to an engine. Nothing is asked of the engine until `actions` are called. */
export function createApp({ port, preferences, clock, saveFile }: Surroundings): App {
  const store = createAppStore();

  const apply = (events: readonly EngineEvent[]) => {
    for (const event of events) {
      if (event.type === "file") saveFile(event.name, event.blob);
    }
    // One change of the store for the whole batch, so that the page renders once.
    store.setState((state) => events.reduce(reduce, state));
  };

  const client = createClient(port, {
    onEvent: createIntake(apply, clock),
    onBroken: (broken) => store.setState({ broken }),
  });
  return { store, actions: createActions({ store, client, clock, keeper: preferences }) };
}
