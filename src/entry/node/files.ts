import { readdirSync, statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ZerothError } from "#base/errors.ts";
import type { ByteSource } from "#data/formats/byteSource.ts";
import type { Table } from "#data/tasks/task.ts";
import { nodeParser } from "./parser.ts";

/**
 * Returns the files of a folder (not of its subfolders), to be read in pieces.
 *
 * @throws ZerothError E-FILE-1 if there is no such folder
 */
export function folderSources(folder: string): ByteSource[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    throw new ZerothError("E-FILE-1", `There is no folder "${folder}" to read a model from.`);
  }
  return names
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ path }) => statSync(path).isFile())
    .map(({ name, path }) => fileSource(name, path));
}

/** Returns a file to be read in pieces. @throws ZerothError E-DATA-1 if there is none */
export function fileAt(path: string): ByteSource {
  try {
    return fileSource(path, path);
  } catch {
    throw new ZerothError("E-DATA-1", `"${path}" could not be read. Is the path right?`);
  }
}

function fileSource(name: string, path: string): ByteSource {
  return {
    name,
    sizeBytes: statSync(path).size,
    read: async (start, end) => {
      const handle = await open(path, "r");
      try {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(bytes, 0, end - start, start);
        if (bytesRead === bytes.length) return bytes;
        throw new ZerothError("E-FILE-2", `"${path}" ended at byte ${start + bytesRead}.`);
      } finally {
        await handle.close();
      }
    },
  };
}

/** Returns the text of a file. @throws ZerothError E-DATA-1 if it cannot be read */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new ZerothError("E-DATA-1", `"${path}" could not be read. Is the path right?`);
  }
}

/** Returns the table in a file. @throws ZerothError E-DATA-1, E-FILE-2, E-FILE-8 */
export async function readTable(path: string): Promise<Table> {
  const [table] = await parser.readTables([{ name: path, files: [fileAt(path)] }]);
  if (table) return table;
  throw new Error("A parser returns a table for each source.");
}

/** Shared by the process, so that its thread is started once. */
export const parser = nodeParser();
