import { serveParser, type ToParser } from "#data/parser/parserThread.ts";

/** The page's worker that parses files of other programs. The engine's worker starts and stops it. */
const take = serveParser((message) => self.postMessage(message));

self.onmessage = ({ data }: MessageEvent<ToParser>) => take(data);
