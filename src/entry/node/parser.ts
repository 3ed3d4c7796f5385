import { Worker } from "node:worker_threads";
import { isolatedParser, type ThreadListener } from "#data/parser/isolatedParser.ts";
import type { Parser } from "#data/parser/parser.ts";
import type { FromParser, ToParser } from "#data/parser/parserThread.ts";

const SCRIPT = new URL("./parserThread.mjs", import.meta.url);
/** Upper limit of the heap, whatever the file. */
const MAX_HEAP_MB = 4000;

/**
 * Reads files in a worker thread with a limit on its heap. The thread is reused for the next job, because starting it
 * takes longer than most files.
 */
export function nodeParser(script = SCRIPT): Parser {
  let idle: KeptThread | undefined;
  return isolatedParser((listener, memoryBytes) => {
    const heapMb = Math.min(Math.ceil(memoryBytes / 1e6), MAX_HEAP_MB);
    const kept = idle && idle.heapMb >= heapMb ? idle : undefined;
    const thread = kept ?? startThread(script, heapMb);
    if (!kept) idle?.worker.terminate();
    idle = undefined;
    thread.listener = listener;
    if (kept) {
      thread.worker.ref();
      queueMicrotask(() => listener.onMessage({ type: "ready" }));
    }
    const { worker } = thread;
    return {
      post: (message: ToParser, transfer) => worker.postMessage(message, transfer),
      stop: () => void worker.terminate(),
      release: () => {
        thread.listener = undefined;
        worker.unref();
        idle = thread;
      },
      memoryBytes: () => process.memoryUsage.rss(),
    };
  });
}

interface KeptThread {
  readonly worker: Worker;
  readonly heapMb: number;
  /** Of its current job. */
  listener?: ThreadListener | undefined;
}

function startThread(script: URL, heapMb: number): KeptThread {
  const worker = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: heapMb } });
  const thread: KeptThread = { worker, heapMb };
  worker.on("message", (message: FromParser) => thread.listener?.onMessage(message));
  worker.on("error", (error: NodeJS.ErrnoException) => {
    const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    thread.listener?.onEnd(isMemory ? "memory" : "error", error.message);
  });
  return thread;
}
