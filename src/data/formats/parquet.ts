import type { DecodedArray } from "hyparquet";
import { assembleNested } from "hyparquet/src/assemble.js";
import { flatten } from "hyparquet/src/utils.js";
import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import type { Row, Table } from "../tasks/task.ts";
import { type ByteSource, readExactly } from "./byteSource.ts";
import { type ParquetFooter, type ParquetGroup, readFooter } from "./parquetFooter.ts";
import { parsers, readChunk, type UnpackLimit, unpackLimit } from "./parquetPages.ts";

const READ_AHEAD_BYTES = 8 * 2 ** 20;

/**
 * The rows of Parquet files, one after another as if they were one file: a data set's split is
 * often cut into several.
 *
 * Whole numbers are returned as numbers, beyond 2^53 as text; dates as ISO 8601.
 *
 * @throws ZerothError E-DATA-1 without rows, -8 if a file is broken or its compression unknown, -9 if it is too large; E-FILE-2 if
 *   it cannot be read
 */
export async function parseParquet(name: string, files: readonly ByteSource[]): Promise<Table> {
  const rows: Row[] = [];
  for (const file of files) await explained(name, () => readRows(name, file, rows));
  const columns = [...new Set(rows.slice(0, 1).flatMap((row) => Object.keys(row)))];
  if (rows.length === 0) throw unreadable(`${quote(name)} has no rows. Choose a file with rows.`);
  const rowNumbers = rows.map((_, i) => i + 1);
  return { name, format: "parquet", columns, rows, rowNumbers, problems: [] };
}

/** Whether these first bytes are those of Parquet. */
export function looksLikeParquet(head: Uint8Array): boolean {
  return head.length >= 4 && String.fromCharCode(...head.subarray(0, 4)) === "PAR1";
}

/** Appends the rows of a file, one row group after the other. */
async function readRows(name: string, file: ByteSource, rows: Row[]): Promise<void> {
  const footer = await readFooter(name, file, rows.length);
  const read = readAhead(file);
  const unpacked = unpackLimit(name, file.sizeBytes);
  const plain = plainValues(file.sizeBytes);
  for (const group of footer.groups) {
    const columns = await readGroup(footer, group, read, unpacked);
    for (let row = 0; row < group.rows; row++) {
      rows.push(
        Object.fromEntries(columns.map(([column, values]) => [column, plain(values[row])])),
      );
    }
  }
}

/**
 * The values of each top-level column of a row group.
 *
 * @see hyparquet, src/rowgroup.js, assembleAsync
 */
async function readGroup(
  { schema }: ParquetFooter,
  { chunks, rows }: ParquetGroup,
  read: (start: number, end: number) => Promise<Uint8Array>,
  limit: UnpackLimit,
): Promise<readonly (readonly [string, DecodedArray])[]> {
  const values = new Map<string, Map<string, DecodedArray>>();
  for (const chunk of chunks.toSorted((a, b) => a.start - b.start)) {
    const { path } = chunk.column;
    const [top = ""] = path;
    const parts = values.get(top) ?? new Map<string, DecodedArray>();
    values.set(top, parts);
    const bytes = await read(chunk.start, chunk.end);
    parts.set(path.join("."), flatten(readChunk(chunk, bytes, limit)));
  }
  return schema.children.flatMap((child) => {
    const { name } = child.element;
    const parts = values.get(name);
    if (parts === undefined) return [];
    if (child.children.length > 0) {
      const length = Math.min(rows, ...[...parts.values()].map((part) => part.length));
      for (const [path, part] of parts) parts.set(path, part.slice(0, length));
      assembleNested(parts, child, parsers);
    }
    const assembled = parts.get(name);
    if (assembled === undefined) throw new Error(`${quote(name)} has no values`);
    return [[name, assembled] as const];
  });
}

/** Reads bytes in rising order. Row groups of a thousand rows make ten thousand small chunks. */
function readAhead(file: ByteSource): (start: number, end: number) => Promise<Uint8Array> {
  let from = 0;
  let bytes = new Uint8Array(0);
  return async (start, end) => {
    if (start < from || end > from + bytes.length) {
      const ahead = Math.min(start + READ_AHEAD_BYTES, file.sizeBytes);
      bytes = await readExactly(file, start, Math.max(end, ahead));
      from = start;
    }
    return bytes.subarray(start - from, end - from);
  };
}

/**
 * A function that returns a value as JSON would hold it: nothing after this knows of BigInt, Date or typed arrays.
 *
 * It counts what it returns. A dictionary holds a text once, however many rows refer to it, but every row gets
 * a copy when the rows are stored or passed to another thread.
 */
function plainValues(fileBytes: number): (value: unknown) => unknown {
  const limit = Math.min(1_000_000_000, 32_000_000 + 100 * fileBytes);
  let size = 0;
  const spend = (characters: number) => {
    size += characters;
    if (size <= limit) return;
    throw new Error(`its ${count(fileBytes)} bytes hold more than ${count(limit)} characters`);
  };
  const plain = (value: unknown): unknown => {
    if (typeof value === "string") {
      spend(value.length);
      return value;
    }
    if (value === undefined) return null;
    if (typeof value === "bigint") {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    }
    if (typeof value !== "object" || value === null) return value;
    spend(8);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (Array.isArray(value)) return value.map(plain);
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  };
  return plain;
}

async function explained<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : "no reason given";
    throw new ZerothError(
      "E-DATA-8",
      `${quote(name)} cannot be read as Parquet (${reason}). Save it anew with snappy, gzip or zstd, ` +
        `or as JSONL.`,
      { cause },
    );
  }
}

function unreadable(sentence: string): ZerothError {
  return new ZerothError("E-DATA-1", sentence);
}
