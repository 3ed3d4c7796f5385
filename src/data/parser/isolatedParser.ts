import { fromFailure, toFailure, ZerothError } from "#base/errors.ts";
import { count, listOf } from "#base/text.ts";
import type { ByteSource } from "../formats/byteSource.ts";
import { withTensors } from "../formats/modelFiles.ts";
import type { Row } from "../tasks/task.ts";
import type { Parser, ParseWatch } from "./parser.ts";
import type { FileStub, FromParser, ParseJob, ToParser } from "./parserThread.ts";

/** A thread that runs `serveParser`. */
export interface ParserThread {
  post(message: ToParser, transfer: ArrayBuffer[]): void;
  /** Ends the thread at once, whatever it is doing. */
  stop(): void;
  /** Keeps the thread for another job; without this it is stopped after its job. */
  release?(): void;
  /** Memory of the whole process, if it can be measured. */
  memoryBytes?(): number;
}

export interface ThreadListener {
  onMessage(message: FromParser): void;
  /** The thread ended by itself, or could not start. */
  onEnd(reason: "memory" | "error", detail: string): void;
}

/** @param memoryBytes memory limit of the thread, if it can be limited */
export type StartThread = (listener: ThreadListener, memoryBytes: number) => ParserThread;

/** Time is counted in ticks: on a busy machine both threads are late, which must not count against the file. */
const TICK_MS = 50;
const BASE_MS = 800;
/** Reading is about fifty times as fast. */
const MS_PER_MB = 1000;
/** The thread's code may have to be compiled on a busy machine. */
const START_MS = 60_000;
const BASE_MEMORY_BYTES = 256_000_000;
/** Text, rows and the copy of the rows that is sent take about ten times the size of their file. */
const MEMORY_PER_BYTE = 16;
/** A tokenizer's files may have 32 MB each; weights are not read. */
const MODEL_MEMORY_BYTES = 1_000_000_000;

/**
 * A parser that starts a thread for each job, passes it the bytes it requests, and stops it if it takes more time
 * or memory than files of that size do.
 */
export function isolatedParser(start: StartThread): Parser {
  return {
    readTables: async (sources, watch) => {
      const files = sources.flatMap((source) => source.files);
      const tables = sources.map(({ name, files: own }) => ({ name, files: own.map(stubOf) }));
      const job = { kind: "tables", tables } as const;
      const { rows, result } = await runJob(start, job, files, watch);
      if (result.type !== "tables") throw broken(subjectOf(job), "it did another job");
      return result.tables.map((table, index) => ({ ...table, rows: rows[index] ?? [] }));
    },
    openModelFiles: async (files, watch) => {
      const job = { kind: "model", files: files.map(stubOf) } as const;
      const { result } = await runJob(start, job, files, watch);
      if (result.type !== "model") throw broken(subjectOf(job), "it did another job");
      return withTensors(result.layout, files);
    },
  };
}

interface Finished {
  /** [tables] */
  readonly rows: readonly (readonly Row[])[];
  readonly result: Extract<FromParser, { readonly type: "tables" | "model" }>;
}

function runJob(
  start: StartThread,
  job: ParseJob,
  files: readonly ByteSource[],
  { signal, onProgress }: ParseWatch = {},
): Promise<Finished> {
  signal?.throwIfAborted();
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const memoryBytes =
    job.kind === "model" ? MODEL_MEMORY_BYTES : BASE_MEMORY_BYTES + MEMORY_PER_BYTE * totalBytes;
  const subject = subjectOf(job);
  const rows: Row[][] = [];
  const standing = { isReady: false, reads: 0, bytesRead: 0 };
  const report = () => {
    const { bytesRead } = standing;
    const rowCount = rows.reduce((sum, table) => sum + table.length, 0);
    onProgress?.({ bytesRead, totalBytes, rows: rowCount });
  };
  return new Promise((resolve, reject) => {
    let thread: ParserThread | undefined;
    let timer: ReturnType<typeof setInterval> | undefined;
    const end = () => {
      clearInterval(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown) => {
      end();
      thread?.stop();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason);

    const answer = async (id: number, file: ByteSource, from: number, to: number) => {
      standing.reads++;
      try {
        const bytes = await file.read(from, to);
        standing.bytesRead += bytes.length;
        // A view of a larger buffer is copied: the rest of it belongs to someone else.
        const isWhole = bytes.byteLength === bytes.buffer.byteLength;
        thread?.post({ type: "bytes", id, bytes }, isWhole ? [bytes.buffer] : []);
        report();
      } catch (error) {
        thread?.post({ type: "unreadable", id, failure: toFailure(error) }, []);
      }
      standing.reads--;
    };

    const onMessage = (message: FromParser) => {
      switch (message.type) {
        case "ready":
          standing.isReady = true;
          thread?.post({ type: "job", job }, []);
          break;
        case "read": {
          const file = files[message.file];
          if (file) void answer(message.id, file, message.start, message.end);
          break;
        }
        case "rows": {
          rows[message.table] ??= [];
          for (const row of message.rows) rows[message.table]?.push(row);
          report();
          break;
        }
        case "tables":
        case "model":
          end();
          if (thread?.release) thread.release();
          else thread?.stop();
          resolve({ rows, result: message });
          break;
        case "failed":
          fail(fromFailure(message.failure));
          break;
        default:
          message satisfies never;
      }
    };

    const onEnd = (reason: "memory" | "error", detail: string) =>
      fail(reason === "memory" ? tooMuchMemory(subject, memoryBytes) : broken(subject, detail));
    try {
      thread = start({ onMessage, onEnd }, memoryBytes);
    } catch (error) {
      onEnd("error", String(error));
      return;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    const before = thread.memoryBytes?.() ?? 0;
    let startMs = 0;
    let busyMs = 0;
    timer = setInterval(() => {
      const { isReady, reads, bytesRead } = standing;
      const limitMs = BASE_MS + (MS_PER_MB * bytesRead) / 1e6;
      if (!isReady) startMs += TICK_MS;
      else if (reads === 0) busyMs += TICK_MS;
      if (startMs > START_MS) fail(broken(subject, "its thread does not start"));
      else if (busyMs > limitMs) fail(tooSlow(subject, limitMs / 1000));
      else if ((thread?.memoryBytes?.() ?? 0) - before > memoryBytes) {
        fail(tooMuchMemory(subject, memoryBytes));
      }
    }, TICK_MS);
  });
}

function stubOf({ name, sizeBytes }: ByteSource): FileStub {
  return { name, sizeBytes };
}

function tooSlow(subject: string, seconds: number): ZerothError {
  return stopped(`${subject} took more than ${seconds.toFixed(1)} s to read`);
}

function tooMuchMemory(subject: string, bytes: number): ZerothError {
  return stopped(
    `${subject} took more than ${count(Math.round(bytes / 1e6))} MB of memory to read`,
  );
}

function stopped(what: string): ZerothError {
  return new ZerothError(
    "E-FILE-8",
    `${what}, far more than the size explains, so reading was stopped. It may be damaged, or made ` +
      `to do that. Get it again, or save it anew with another program.`,
  );
}

function broken(subject: string, detail: string): ZerothError {
  return new ZerothError(
    "E-FILE-8",
    `${subject} could not be read: the reader failed (${detail.slice(0, 200)}). Try again; if it ` +
      `fails again, save it anew with another program.`,
  );
}

/** The names of the files, for the beginning of a sentence. */
function subjectOf(job: ParseJob): string {
  if (job.kind === "model") return "The model";
  return listOf(
    job.tables.map(({ name }) => name),
    3,
  );
}
