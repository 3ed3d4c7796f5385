import { isolatedParser } from "#data/parser/isolatedParser.ts";
import type { Parser } from "#data/parser/parser.ts";
import type { FromParser } from "#data/parser/parserThread.ts";

/** Reads files in a Web Worker of its own. A browser does not report how much memory that takes. */
export function webParser(): Parser {
  return isolatedParser(({ onMessage, onEnd }) => {
    const worker = new Worker(new URL("../parserThread.ts", import.meta.url), {
      type: "module",
      name: "parser",
    });
    worker.onmessage = ({ data }: MessageEvent<FromParser>) => onMessage(data);
    worker.onmessageerror = () => onEnd("error", "a message could not be read");
    worker.onerror = (event) => {
      event.preventDefault();
      onEnd("error", event.message || "no reason given");
    };
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      stop: () => worker.terminate(),
    };
  });
}
