// @ts-check
// Node's thread for reading files of other programs. A worker thread does not inherit the loader that reads
// TypeScript, so it is set up here.
import { parentPort } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
const { serveParser } = await import("../../data/parser/parserThread.ts");
const port = parentPort;
if (port === null) throw new Error("parserThread.mjs runs in a worker thread only");
const take = serveParser((message) => port.postMessage(message));
port.on("message", take);
