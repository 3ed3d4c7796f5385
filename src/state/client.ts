import type { Failure } from "#base/errors.ts";
import type { Command, CommandBody, EngineEvent } from "#session/protocol.ts";

/** What the page needs of a worker. A real `Worker` fits as it is; tests bring a scripted one. */
export interface EnginePort {
  postMessage(command: Command): void;
  onmessage: ((event: MessageEvent<EngineEvent>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface EngineClient {
  /** Resolves at the command's `done`; rejects with `CommandFailed` at its `failed`. */
  send(body: CommandBody): Promise<void>;
}

export interface EngineListener {
  onEvent(event: EngineEvent): void;
  /** The worker itself died: no command will be answered any more. */
  onBroken(failure: Failure): void;
}

/** A refusal by the engine, with the code and the words it chose. */
export class CommandFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "CommandFailed";
    this.failure = failure;
  }
}

/** A client that numbers commands, matches their answers and passes every event on in order. */
export function createClient(port: EnginePort, listener: EngineListener): EngineClient {
  const waiting = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let lastId = 0;
  let broken: Failure | null = null;

  port.onmessage = ({ data: event }) => {
    listener.onEvent(event);
    if (event.type !== "done" && event.type !== "failed") return;
    const settle = waiting.get(event.id);
    waiting.delete(event.id);
    if (event.type === "done") settle?.resolve();
    else settle?.reject(new CommandFailed(event.failure));
  };

  port.onerror = (event) => {
    broken = {
      code: "Engine",
      message: `The training engine stopped: ${event.message || "it gave no reason"}. Saved steps are safe. Reload the page to go on.`,
    };
    listener.onBroken(broken);
    for (const { reject } of waiting.values()) reject(new CommandFailed(broken));
    waiting.clear();
  };

  return {
    send(body) {
      if (broken) return Promise.reject(new CommandFailed(broken));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        port.postMessage({ id, ...body });
      });
    },
  };
}
