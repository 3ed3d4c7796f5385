import type { Command } from "#session/protocol.ts";
import { createSession } from "#session/session.ts";
import { browserEnvironment } from "./page/environment.ts";

/** The engine's thread. It talks to the page in messages of `session/protocol.ts` and nothing else. */
const session = createSession(browserEnvironment((event) => self.postMessage(event)));

self.onmessage = ({ data }: MessageEvent<Command>) => {
  // `handle` answers every command itself, also where it fails.
  void session.handle(data);
};
