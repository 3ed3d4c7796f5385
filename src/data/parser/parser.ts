import type { ByteSource } from "../formats/byteSource.ts";
import { type ModelFiles, openModelFiles } from "../formats/modelFiles.ts";
import { readTable } from "../formats/tableFile.ts";
import type { Table } from "../tasks/task.ts";

/**
 * Reads files in formats of other programs. The page and the command line do this in a separate thread
 * (`isolatedParser`) that can be stopped, because a file may be made to exhaust time or memory.
 */
export interface Parser {
  /** @throws ZerothError E-DATA-1, -8, -9, E-FILE-2, -8; the signal's reason if it is aborted */
  readTables(sources: readonly TableSource[], watch?: ParseWatch): Promise<readonly Table[]>;
  /** @throws ZerothError E-FILE-1 to -4, -6, -7; the signal's reason if it is aborted */
  openModelFiles(files: readonly ByteSource[], watch?: ParseWatch): Promise<ModelFiles>;
}

/** A table's name for messages, and its files; only Parquet may have several. */
export interface TableSource {
  readonly name: string;
  readonly files: readonly ByteSource[];
}

export interface ParseWatch {
  readonly signal?: AbortSignal;
  onProgress?(progress: ParseProgress): void;
}

export interface ParseProgress {
  readonly bytesRead: number;
  readonly totalBytes: number;
  /** Rows read so far, of all tables. */
  readonly rows: number;
}

/** Reads in the calling thread: for files that are trusted, and for tests. */
export const directParser: Parser = {
  readTables: async (sources) => {
    const tables: Table[] = [];
    for (const { name, files } of sources) tables.push(await readTable(name, files));
    return tables;
  },
  openModelFiles: (files) => openModelFiles(files),
};
