import { unzip } from "unzipit";
import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import type { Store } from "#run/store/store.ts";
import { readOnlyStore } from "./folderReader.ts";

/** A file that can be read without being in a folder on disk. Every `ByteSource` is one. */
export interface ListedFile {
  /** Path with `/` between parts: `my-run/runs/a.json`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes from `start` up to but not including `end`. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Largest file of a store's folder that is read: examples in one JSON text. Parts of weights have 8 MiB. */
const MAX_FILE_BYTES = 600_000_000;

/**
 * Folders of stores among these files, as a prefix of their paths: `""` or `"my-run/"`. A store with
 * no run in it is not listed.
 */
export function storeFoldersIn(files: readonly ListedFile[]): readonly string[] {
  const folders = files.flatMap(({ name }) => {
    const match = /^((?:.*\/)?)runs\/[^/]+\.json$/.exec(name);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(folders)];
}

/**
 * Opens a store for reading from a list of its files, which a browser makes of a chosen folder, or
 * from the files of a zip.
 *
 * @param folder one of `storeFoldersIn`
 */
export function openFileListStore(files: readonly ListedFile[], folder = ""): Store {
  const byPath = new Map<string, ListedFile>();
  const byFolder = new Map<string, string[]>();
  for (const file of files) {
    if (!file.name.startsWith(folder)) continue;
    const path = file.name.slice(folder.length);
    byPath.set(path, file);
    const end = path.lastIndexOf("/");
    const inFolder = path.slice(0, Math.max(end, 0));
    const names = byFolder.get(inFolder) ?? [];
    names.push(path.slice(end + 1));
    byFolder.set(inFolder, names);
  }
  return readOnlyStore({
    name: folder === "" ? "The chosen folder" : folder.slice(0, -1),
    read: async (path) => {
      const file = byPath.get(path);
      return file && readWhole(file);
    },
    list: async (name) => byFolder.get(name) ?? [],
  });
}

/**
 * The files of a zip, unpacked one by one as they are read.
 *
 * @throws ZerothError E-FILE-1 if it is not a zip
 */
export async function filesInZip(zip: ListedFile): Promise<readonly ListedFile[]> {
  const { entries } = await explained(
    zip,
    unzip({
      getLength: async () => zip.sizeBytes,
      read: async (start, size) => {
        checkSize(zip.name, size, MAX_FILE_BYTES);
        return zip.read(start, start + size);
      },
    }),
  );
  return Object.values(entries).flatMap((entry): ListedFile[] => {
    if (entry.isDirectory) return [];
    const read = async (start: number, end: number) => {
      checkSize(entry.name, entry.size, MAX_FILE_BYTES);
      return new Uint8Array(await explained(zip, entry.arrayBuffer())).slice(start, end);
    };
    return [{ name: entry.name, sizeBytes: entry.size, read }];
  });
}

async function readWhole(file: ListedFile): Promise<Uint8Array<ArrayBuffer>> {
  checkSize(file.name, file.sizeBytes, MAX_FILE_BYTES);
  try {
    return await file.read(0, file.sizeBytes);
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    const message = `${quote(file.name)} could not be read (${String(cause)}). Choose the folder again.`;
    throw new ZerothError("E-STORE-4", message, { cause });
  }
}

function checkSize(name: string, sizeBytes: number, limitBytes: number): void {
  if (sizeBytes <= limitBytes) return;
  throw new ZerothError(
    "E-STORE-3",
    `${quote(name)} has ${count(sizeBytes)} bytes; a file of a run has at most ${count(limitBytes)}.`,
  );
}

async function explained<T>(zip: ListedFile, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    throw new ZerothError(
      "E-FILE-1",
      `${quote(zip.name)} cannot be unpacked as a zip. Choose a zip of a run's folder.`,
      { cause },
    );
  }
}
