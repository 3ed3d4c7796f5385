import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/quote.ts";
import type { Row, Table } from "../tasks/task.ts";
import type { ByteSource } from "./byteSource.ts";
import { parquetChunks } from "./parquetChunks.ts";
import { checkPages, parquetCodecs } from "./parquetPages.ts";

/**
 * The rows of Parquet files, one after another as if they were one file: a data set's split is
 * often cut into several.
 *
 * Whole numbers come as numbers, as text where they are beyond 2^53; dates as ISO 8601.
 *
 * @throws ZerothError E-DATA-1 if a file is broken, packed in a foreign way, or too much; E-FILE-2 if
 *   it cannot be read
 */
export async function parseParquet(name: string, files: readonly ByteSource[]): Promise<Table> {
  const rows: Row[] = [];
  for (const file of files) {
    const read = await explained(name, () => readRows(name, file, rows.length));
    for (const row of read) rows.push(plainRow(row));
  }
  const columns = [...new Set(rows.slice(0, 1).flatMap((row) => Object.keys(row)))];
  if (rows.length === 0) throw unreadable(`${quote(name)} has no rows. Choose a file with rows.`);
  const rowNumbers = rows.map((_, i) => i + 1);
  return { name, format: "parquet", columns, rows, rowNumbers, problems: [] };
}

/** Whether these first bytes are those of Parquet. */
export function looksLikeParquet(head: Uint8Array): boolean {
  return head.length >= 4 && String.fromCharCode(...head.subarray(0, 4)) === "PAR1";
}

async function readRows(name: string, file: ByteSource, rowsBefore: number) {
  const metadata = await parquetMetadataAsync(bufferOf(file));
  const sizes = { fileBytes: file.sizeBytes, rowsBefore };
  await checkPages(name, file, parquetChunks(name, metadata, sizes));
  return parquetReadObjects({ file: bufferOf(file), metadata, compressors: parquetCodecs });
}

function bufferOf({ sizeBytes, read }: ByteSource) {
  return {
    byteLength: sizeBytes,
    slice: async (start: number, end = sizeBytes) => {
      const bytes = await read(start, end);
      const isWhole = bytes.byteLength === bytes.buffer.byteLength;
      return isWhole ? bytes.buffer : bytes.slice().buffer;
    },
  };
}

function plainRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]));
}

/** The value as JSON would hold it: nothing after this knows of BigInt, Date or typed arrays. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (typeof value === "object" && value !== null) return plainRow({ ...value });
  return value;
}

async function explained<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : "no reason given";
    throw new ZerothError(
      "E-DATA-1",
      `${quote(name)} cannot be read as Parquet (${reason}). Save it anew with snappy, gzip or zstd, ` +
        `or as JSONL.`,
      { cause },
    );
  }
}

function unreadable(sentence: string): ZerothError {
  return new ZerothError("E-DATA-1", sentence);
}
