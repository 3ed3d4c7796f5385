import type { Table } from "../tasks/task.ts";
import { blobSource, memorySource } from "./byteSource.ts";
import { looksLikeParquet, parseParquet } from "./parquet.ts";
import { parseTable } from "./table.ts";
import { readTableText } from "./tableText.ts";

/**
 * The rows of a file, whatever format it is in: Parquet by its first bytes, else text.
 *
 * @throws ZerothError as `parseParquet`, `readTableText` and `parseTable`
 */
export async function parseTableFile(
  name: string,
  file: Blob | Uint8Array<ArrayBuffer>,
): Promise<Table> {
  const source = file instanceof Blob ? blobSource(name, file) : memorySource(name, file);
  const head = await source.read(0, Math.min(4, source.sizeBytes));
  if (looksLikeParquet(head)) return parseParquet(name, [source]);
  return parseTable(name, await readTableText(source));
}
