import { parseCommand } from "#session/protocol.ts";
import { createSession } from "#session/session.ts";
import { browserEnvironment } from "./page/environment.ts";
import { trustOwnScripts } from "./page/trustedScripts.ts";

trustOwnScripts();

/** The engine's worker. It receives commands and posts events of `session/protocol.ts`. */
const session = createSession(browserEnvironment((event) => self.postMessage(event)));

self.onmessage = ({ data }: MessageEvent<unknown>) => {
  // `handle` reports failures itself.
  void session.handle(parseCommand(data));
};
