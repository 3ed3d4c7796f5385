import { parseCommand } from "#session/protocol.ts";
import { createSession } from "#session/session.ts";
import { browserEnvironment } from "./page/environment.ts";

/** The engine's thread. It takes commands and posts events of `session/protocol.ts`, and nothing else. */
const session = createSession(browserEnvironment((event) => self.postMessage(event)));

self.onmessage = ({ data }: MessageEvent<unknown>) => {
  // `handle` reports failures itself.
  void session.handle(parseCommand(data));
};
