import { type Failure, fromFailure, toFailure } from "#base/errors.ts";
import type { ByteSource } from "../formats/byteSource.ts";
import { type ModelLayout, readModelLayout } from "../formats/modelFiles.ts";
import { readTable } from "../formats/tableFile.ts";
import type { Row, Table } from "../tasks/task.ts";

/** A job of a parser's thread. Files are numbered in order, over all tables. */
export type ParseJob =
  | { readonly kind: "tables"; readonly tables: readonly { name: string; files: FileStub[] }[] }
  | { readonly kind: "model"; readonly files: readonly FileStub[] };

/** A file whose bytes the other thread has. */
export type FileStub = Pick<ByteSource, "name" | "sizeBytes">;

export type ToParser =
  | { readonly type: "job"; readonly job: ParseJob }
  | { readonly type: "bytes"; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "unreadable"; readonly id: number; readonly failure: Failure };

export type FromParser =
  | { readonly type: "ready" }
  | {
      readonly type: "read";
      readonly id: number;
      readonly file: number;
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: "rows"; readonly table: number; readonly rows: readonly Row[] }
  | { readonly type: "tables"; readonly tables: readonly Omit<Table, "rows">[] }
  | { readonly type: "model"; readonly layout: ModelLayout }
  | { readonly type: "failed"; readonly failure: Failure };

interface PendingRead {
  resolve(bytes: Uint8Array<ArrayBuffer>): void;
  reject(error: Error): void;
}

/** Rows in one message: enough that messages cost little, few enough that their copies do. */
const ROWS_AT_ONCE = 20_000;

/**
 * Runs in the parser's thread: does jobs and requests bytes as it needs them.
 *
 * @returns a handler for messages from the other thread
 */
export function serveParser(post: (message: FromParser) => void): (message: ToParser) => void {
  const waiting = new Map<number, PendingRead>();
  let reads = 0;
  const source = (file: number, { name, sizeBytes }: FileStub): ByteSource => ({
    name,
    sizeBytes,
    read: (start, end) =>
      new Promise((resolve, reject) => {
        const id = reads++;
        waiting.set(id, { resolve, reject });
        post({ type: "read", id, file, start, end });
      }),
  });
  const run = async (job: ParseJob) => {
    if (job.kind === "model") {
      const files = job.files.map((stub, file) => source(file, stub));
      post({ type: "model", layout: await readModelLayout(files) });
      return;
    }
    let file = 0;
    const tables: Omit<Table, "rows">[] = [];
    for (const { name, files } of job.tables) {
      const { rows, ...table } = await readTable(
        name,
        files.map((stub) => source(file++, stub)),
      );
      for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
        post({ type: "rows", table: tables.length, rows: rows.slice(at, at + ROWS_AT_ONCE) });
      }
      tables.push(table);
    }
    post({ type: "tables", tables });
  };
  post({ type: "ready" });
  return (message) => {
    switch (message.type) {
      case "job":
        run(message.job).catch((error: unknown) => {
          post({ type: "failed", failure: toFailure(error) });
        });
        break;
      case "bytes":
        waiting.get(message.id)?.resolve(message.bytes);
        waiting.delete(message.id);
        break;
      case "unreadable":
        waiting.get(message.id)?.reject(fromFailure(message.failure));
        waiting.delete(message.id);
        break;
      default:
        message satisfies never;
    }
  };
}
