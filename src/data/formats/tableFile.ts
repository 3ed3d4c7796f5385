import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import type { Table } from "../tasks/task.ts";
import { type ByteSource, blobSource, memorySource } from "./byteSource.ts";
import { looksLikeParquet, parseParquet } from "./parquet.ts";
import { withPrompts } from "./prompts.ts";
import { parseTable } from "./table.ts";
import { readTableText } from "./tableText.ts";

/**
 * Reads the rows of a file: Parquet if its first bytes say so, otherwise text. Only Parquet may have several
 * files.
 *
 * @throws ZerothError E-DATA-1 without usable rows, -8 if it is not a table, -9 if it is too large; E-FILE-2 if it cannot be read at all
 */
export async function readTable(name: string, files: readonly ByteSource[]): Promise<Table> {
  const [first, second] = files;
  if (first === undefined) throw unreadable(name, "it has no files");
  try {
    const head = await first.read(0, Math.min(4, first.sizeBytes));
    if (looksLikeParquet(head) || second !== undefined) {
      return withPrompts(await parseParquet(name, files));
    }
    return withPrompts(parseTable(name, await readTableText(first)));
  } catch (error) {
    if (error instanceof ZerothError) throw error;
    // An unexpected error of a reader becomes a message, too.
    throw unreadable(name, error instanceof Error ? error.message : "no reason given", error);
  }
}

/** The rows of one file. @throws as `readTable` */
export function parseTableFile(name: string, file: Blob | Uint8Array<ArrayBuffer>): Promise<Table> {
  return readTable(name, [
    file instanceof Blob ? blobSource(name, file) : memorySource(name, file),
  ]);
}

function unreadable(name: string, reason: string, cause?: unknown): ZerothError {
  return new ZerothError(
    "E-DATA-8",
    `${quote(name)} cannot be read (${reason.slice(0, 200)}). Save it anew as JSONL, JSON, CSV or ` +
      `TSV in UTF-8.`,
    { cause },
  );
}
