import { StorageFull, ZerothError } from "#base/errors.ts";
import {
  type BlobCache,
  type BlobWriter,
  type CachedRepo,
  type CacheEntry,
  parseCachedRepo,
} from "#hub/blobCache.ts";

/** What is asked of a browser's private file system; a test brings its own. */
export interface PrivateDirectory {
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<PrivateDirectory>;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<PrivateFile>;
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>;
  entries(): AsyncIterable<[string, { readonly kind: "file" | "directory" }]>;
}

export interface PrivateFile {
  getFile(): Promise<Blob>;
  /** Only in workers, and not in old browsers. */
  createSyncAccessHandle?(): Promise<SyncHandle>;
}

export interface SyncHandle {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

const FOLDER = "models";
const RECORD = "record.json";
/** There while a download is not finished. */
const PLAN = "plan.json";
/** A loss of power costs at most this much of a download. */
const FLUSH_BYTES = 32 * 1024 * 1024;

/**
 * Downloads in the browser's private file system, where a model may be larger than memory. For a
 * worker: only there files can be written in place.
 *
 * @param root from `navigator.storage.getDirectory()`, asked for at first use
 */
export function openOpfsCache(root: () => Promise<PrivateDirectory>): BlobCache {
  const folderAt = async (name: string, create: boolean) =>
    inFolder(await (await root()).getDirectoryHandle(FOLDER, { create }), name, create);
  const fileAt = async (folder: string, path: string) =>
    (await folderAt(folder, false)).getFileHandle(encode(path));
  return {
    sizeOf: async (folder, path) => {
      const handle = await orNothing(fileAt(folder, path));
      return handle ? (await handle.getFile()).size : 0;
    },
    append: async (folder, path, offset) => {
      const directory = await explained(folderAt(folder, true));
      const file = await explained(directory.getFileHandle(encode(path), { create: true }));
      return writerAt(await explained(openHandle(file)), offset);
    },
    read: async (folder, path, start, end) => {
      const file = await (await fileAt(folder, path)).getFile();
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    },
    begin: async (folder, plan) => writeRecord(await explained(folderAt(folder, true)), PLAN, plan),
    commit: async (folder, record) => {
      const own = await folderAt(folder, true);
      await writeRecord(own, RECORD, record);
      await orNothing(own.removeEntry(PLAN));
    },
    list: async () => {
      const found = (async () => (await root()).getDirectoryHandle(FOLDER))();
      const all = await explained(orNothing(found));
      return all ? listFolders(all) : [];
    },
    delete: async (folder) => {
      const own = await orNothing(folderAt(folder, false));
      if (!own) return;
      await orNothing(own.removeEntry(RECORD));
      const all = await (await root()).getDirectoryHandle(FOLDER);
      await explained(all.removeEntry(encode(folder), { recursive: true }));
    },
  };
}

function inFolder(
  parent: PrivateDirectory,
  name: string,
  create: boolean,
): Promise<PrivateDirectory> {
  return parent.getDirectoryHandle(encode(name), { create });
}

function writerAt(handle: SyncHandle, offset: number): BlobWriter {
  let at = offset;
  let flushedAt = offset;
  handle.truncate(offset);
  return {
    write: async (bytes) => {
      let written = 0;
      try {
        written = handle.write(bytes, { at });
      } catch (cause) {
        throw translated(cause);
      }
      // Some browsers write what fits and say so, others throw.
      if (written < bytes.length) throw full();
      at += written;
      if (at - flushedAt < FLUSH_BYTES) return;
      handle.flush();
      flushedAt = at;
    },
    close: async () => {
      try {
        handle.flush();
      } finally {
        handle.close();
      }
    },
  };
}

function openHandle(file: PrivateFile): Promise<SyncHandle> {
  if (file.createSyncAccessHandle) return file.createSyncAccessHandle();
  throw new ZerothError(
    "E-STORE-3",
    "This browser cannot write large files in place. Download the model's files and choose them here.",
  );
}

async function writeRecord(
  directory: PrivateDirectory,
  name: string,
  record: CachedRepo,
): Promise<void> {
  const file = await explained(directory.getFileHandle(name, { create: true }));
  const writer = writerAt(await explained(openHandle(file)), 0);
  try {
    await writer.write(new TextEncoder().encode(JSON.stringify(record)));
  } finally {
    await writer.close();
  }
}

async function listFolders(all: PrivateDirectory): Promise<readonly CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for await (const [name, { kind }] of all.entries()) {
    if (kind !== "directory") continue;
    const directory = await all.getDirectoryHandle(name);
    let sizeBytes = 0;
    let record: CachedRepo | null = null;
    let plan: CachedRepo | null = null;
    for await (const [path, entry] of directory.entries()) {
      if (entry.kind !== "file") continue;
      const file = await (await directory.getFileHandle(path)).getFile();
      // A record torn by a crash is none; its files are checked again when the download goes on.
      if (path === RECORD) record = parseCachedRepo(await file.text());
      else if (path === PLAN) plan = parseCachedRepo(await file.text());
      else sizeBytes += file.size;
    }
    entries.push({ folder: decodeURIComponent(name), record, plan, sizeBytes });
  }
  return entries;
}

/** Names may hold what a file system does not take. */
function encode(name: string): string {
  return encodeURIComponent(name);
}

/** Undefined where there is no such entry. */
async function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") return undefined;
    throw translated(error);
  }
}

async function explained<T>(action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    throw translated(error);
  }
}

function translated(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === "QuotaExceededError") return full();
  if (error.name === "NoModificationAllowedError") {
    return new ZerothError(
      "E-TAB-3",
      "Another tab is downloading this model. Wait for it there, or close that tab.",
      { cause: error },
    );
  }
  if (error.name === "SecurityError") {
    return new ZerothError(
      "E-STORE-3",
      "This window does not let pages keep files (a private window, or site data is blocked). " +
        "Download the model's files and choose them here.",
      { cause: error },
    );
  }
  return error;
}

function full(): StorageFull {
  return new StorageFull(
    "The browser's storage is full, so the download stopped. What was loaded is kept; delete a " +
      "model or a run, and it goes on from there.",
  );
}
