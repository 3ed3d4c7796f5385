import * as nodeFiles from "node:fs/promises";
import { dirname, join } from "node:path";
import { StorageFull, ZerothError } from "#base/errors.ts";
import { createQueue } from "#base/queue.ts";
import { isBytes, type Store, tableNames } from "#run/store/store.ts";
import {
  type Change,
  COMMIT,
  type CommitList,
  changesOf,
  PENDING,
  parseCommitList,
  pathOf,
} from "./folderLayout.ts";
import { type FolderFiles, folderReader, readOnlyStore } from "./folderReader.ts";
import { toJson } from "./json.ts";
import { lockForWriting, type WriterLock } from "./writerLock.ts";

/** The file operations of a folder store. Tests pass some that fail. */
export type FileSystem = Pick<
  typeof nodeFiles,
  "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm"
>;

/**
 * Opens the command line's store for writing: a folder with a folder for each table and a file for
 * each value, JSON or bytes. One process writes at a time; any number may read.
 *
 * A transaction first writes its values into `pending/`. It counts from the moment that
 * `commit.json`, the list of renames and removals, is renamed into place. If the process ends before
 * that, the next writer empties `pending/`; if after, it carries out the list again.
 *
 * Relaxed writes are flushed too: a list on disk whose values are still in memory would be worse than
 * losing both.
 *
 * @throws ZerothError E-STORE-4 if the folder cannot be used, E-STORE-6 if another process writes to it
 */
export async function openFolderStore(root: string, files: FileSystem = nodeFiles): Promise<Store> {
  const lock = await takeFolder(root, files);
  const folder: Folder = { root, files, lock, mustRecover: true };
  const reader = folderReader(filesOf(root, files));
  const oneByOne = createQueue();
  try {
    await recover(folder);
  } catch (error) {
    await lock.release();
    throw error;
  }

  const inOrder = <T>(action: () => Promise<T>): Promise<T> =>
    oneByOne(async () => {
      // An earlier call failed on its way.
      if (folder.mustRecover) await recover(folder);
      return action();
    });
  return {
    get: (table, key) => inOrder(() => reader.get(table, key)),
    keys: (table, prefix) => inOrder(() => reader.keys(table, prefix)),
    entries: (table, prefix) => inOrder(() => reader.entries(table, prefix)),
    transact: (operations) =>
      inOrder(async () => {
        const changes = await changesOf(operations, (table) => reader.keys(table));
        if (changes.length > 0) await commit(folder, changes);
      }),
    close: () => oneByOne(() => lock.release()),
  };
}

/**
 * Opens the same folder for reading only. Nothing in it is changed, and another process may be
 * writing to it.
 *
 * @throws ZerothError E-STORE-4 if there is no such folder
 */
export async function openFolderForReading(
  root: string,
  files: FileSystem = nodeFiles,
): Promise<Store> {
  try {
    await files.readdir(root);
  } catch (cause) {
    throw new ZerothError("E-STORE-4", `${root} cannot be read: ${String(cause)}.`, { cause });
  }
  return readOnlyStore(filesOf(root, files));
}

interface Folder {
  readonly root: string;
  readonly files: FileSystem;
  readonly lock: WriterLock;
  mustRecover: boolean;
}

async function takeFolder(root: string, files: FileSystem): Promise<WriterLock> {
  try {
    const created = await files.mkdir(root, { recursive: true });
    if (created !== undefined) await flushFolder(files, dirname(created));
    return await lockForWriting(root);
  } catch (error) {
    throw cannotUse(root, error);
  }
}

async function commit(folder: Folder, changes: readonly Change[]): Promise<void> {
  const { root, files, lock } = folder;
  const renames: [string, string][] = [];
  const removals: string[] = [];
  // Never used twice: a list that is carried out again after a power loss must not find the values
  // of a later transaction under its own names.
  const id = crypto.randomUUID();
  folder.mustRecover = true;
  try {
    await lock.check();
    for (const [i, { table, key, value }] of changes.entries()) {
      const asBytes = pathOf(table, key, "bin");
      const asJson = pathOf(table, key, "json");
      if (value === undefined) {
        removals.push(asBytes, asJson);
        continue;
      }
      const pending = `${PENDING}/${id}-${i}`;
      await writeFlushed(files, join(root, pending), isBytes(value) ? value : toJson(value));
      renames.push([pending, isBytes(value) ? asBytes : asJson]);
      removals.push(isBytes(value) ? asJson : asBytes);
    }
    await flushFolder(files, join(root, PENDING));
    const list: CommitList = { id, renames, removals };
    await writeFlushed(files, join(root, PENDING, COMMIT), JSON.stringify(list));
    await lock.check();
    await files.rename(join(root, PENDING, COMMIT), join(root, COMMIT));
    await flushFolder(files, root);
    await carryOut(folder, list, false);
  } catch (error) {
    throw writeFailure(root, error);
  }
  folder.mustRecover = false;
}

/** Completes the transaction the folder was left in, or removes it if it does not count yet. */
async function recover(folder: Folder): Promise<void> {
  const { root, files, lock } = folder;
  try {
    await lock.check();
    for (const name of [PENDING, ...tableNames]) {
      await files.mkdir(join(root, name), { recursive: true });
    }
    const text = await ignoreMissing(files.readFile(join(root, COMMIT)));
    if (text) {
      const list = parseCommitList(text.toString("utf8"), join(root, COMMIT));
      await carryOut(folder, list, true);
    }
    for (const name of await files.readdir(join(root, PENDING))) {
      await files.rm(join(root, PENDING, name), { force: true });
    }
  } catch (error) {
    throw cannotUse(root, error);
  }
  folder.mustRecover = false;
}

/**
 * Renames and removes what the list says, and flushes it. The list stays, so that readers notice the
 * transaction, and carrying it out again changes nothing.
 *
 * @param isAgain whether some of the renames may have been made already
 */
async function carryOut(
  { root, files }: Folder,
  { renames, removals }: CommitList,
  isAgain: boolean,
): Promise<void> {
  for (const [from, to] of renames) {
    const renamed = patiently(() => files.rename(join(root, from), join(root, to)));
    await (isAgain ? ignoreMissing(renamed) : renamed);
  }
  for (const path of removals) {
    await patiently(() => files.rm(join(root, path), { force: true }));
  }
  const touched = new Set([...renames.map(([, to]) => to), ...removals].map(dirname));
  for (const table of touched) await flushFolder(files, join(root, table));
}

function filesOf(root: string, files: FileSystem): FolderFiles {
  return {
    name: root,
    read: async (path) => {
      const bytes = await explained(root, () => files.readFile(join(root, path)));
      return bytes && new Uint8Array(bytes);
    },
    list: async (folder) => (await explained(root, () => files.readdir(join(root, folder)))) ?? [],
  };
}

async function explained<T>(root: string, action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ignoreMissing(patiently(action));
  } catch (cause) {
    const message = `${root} could not be read: ${String(cause)}. Nothing was changed.`;
    throw new ZerothError("E-STORE-4", message, { cause });
  }
}

async function writeFlushed(files: FileSystem, path: string, data: Uint8Array | string) {
  const file = await files.open(path, "w");
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames in a folder durable. Windows opens no folders and needs no such thing. */
async function flushFolder(files: FileSystem, path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await files.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Windows refuses to rename or remove a file for the moment in which another process reads it. */
async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (let waitMs = 1; ; waitMs *= 2) {
    try {
      return await action();
    } catch (error) {
      const isShort = ["EPERM", "EACCES", "EBUSY"].includes(String(codeOf(error)));
      if (process.platform !== "win32" || !isShort || waitMs > 1000) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

async function ignoreMissing<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function cannotUse(root: string, cause: unknown): ZerothError {
  return failure(root, cause, `${root} cannot be used to keep runs: ${String(cause)}.`);
}

function writeFailure(root: string, cause: unknown): ZerothError {
  const message = `${root} could not be written: ${String(cause)}. What was saved before is intact.`;
  return failure(root, cause, message);
}

function failure(root: string, cause: unknown, message: string): ZerothError {
  if (cause instanceof ZerothError) return cause;
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageFull(
      `There is no room left for ${root}. What was saved before is intact; free some space.`,
    );
  }
  return new ZerothError("E-STORE-4", message, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
