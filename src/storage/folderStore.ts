import * as nodeFiles from "node:fs/promises";
import { dirname, join } from "node:path";
import { StorageFull, ZerothError } from "#base/errors.ts";
import { createQueue } from "#base/queue.ts";
import {
  type Entry,
  isBytes,
  isStoredObject,
  type Store,
  type StoredValue,
  type TableName,
  tableNames,
} from "#run/store/store.ts";
import { type Change, changesOf, fileNameOf, keyOf } from "./folderLayout.ts";
import { fromJson, toJson } from "./json.ts";

/** What a folder store asks of the file system; a test puts one in that fails. */
export type FileSystem = Pick<
  typeof nodeFiles,
  "mkdir" | "open" | "readdir" | "readFile" | "rename" | "rm"
>;

/**
 * The store of the command line: a folder with a folder for each table and a file for each value,
 * JSON or bytes. One program at a time.
 *
 * A transaction first writes its values beside, under `pending/`; the moment `commit.json`, the list
 * of renames and removals, is renamed into place it counts. If the program ends before, `pending/`
 * is emptied when the folder is next opened; if after, the list is carried out again.
 *
 * Everything is flushed, relaxed or not: a commit list on the disk with its values still in memory
 * would be worse than either order of losing both.
 *
 * @throws ZerothError E-STORE-3 if the folder cannot be used
 */
export async function openFolderStore(root: string, files: FileSystem = nodeFiles): Promise<Store> {
  const folder: Folder = { root, files, mustRecover: true };
  const oneByOne = createQueue();
  await oneByOne(() => recover(folder));

  const inOrder = <T>(action: () => Promise<T>): Promise<T> =>
    oneByOne(async () => {
      // The call before this one failed somewhere in the middle.
      if (folder.mustRecover) await recover(folder);
      return action();
    });
  return {
    get: (table, key) => inOrder(() => readValue(folder, table, key)),
    keys: (table, prefix) => inOrder(() => listKeys(folder, table, prefix)),
    entries: (table, prefix) => inOrder(() => listEntries(folder, table, prefix)),
    transact: (operations) =>
      inOrder(async () => {
        const changes = await changesOf(operations, (table) => listKeys(folder, table));
        if (changes.length > 0) await commit(folder, changes);
      }),
    close: () => {},
  };
}

interface Folder {
  readonly root: string;
  readonly files: FileSystem;
  mustRecover: boolean;
}

/** What the commit file lists, as paths below the root. */
interface CommitList {
  readonly renames: readonly (readonly [from: string, to: string])[];
  readonly removals: readonly string[];
}

const COMMIT = "commit.json";
const PENDING = "pending";

async function commit(folder: Folder, changes: readonly Change[]): Promise<void> {
  const { root, files } = folder;
  const renames: [string, string][] = [];
  const removals: string[] = [];
  // Never used twice: a list carried out a second time after a power loss must not find the values
  // of a later transaction under its own names.
  const id = crypto.randomUUID();
  folder.mustRecover = true;
  try {
    for (const [i, { table, key, value }] of changes.entries()) {
      const asBytes = join(table, fileNameOf(key, "bin"));
      const asJson = join(table, fileNameOf(key, "json"));
      if (value === undefined) {
        removals.push(asBytes, asJson);
        continue;
      }
      const pending = join(PENDING, `${id}-${i}`);
      await writeFlushed(files, join(root, pending), isBytes(value) ? value : toJson(value));
      renames.push([pending, isBytes(value) ? asBytes : asJson]);
      removals.push(isBytes(value) ? asJson : asBytes);
    }
    await flushFolder(files, join(root, PENDING));
    const list: CommitList = { renames, removals };
    await writeFlushed(files, join(root, PENDING, COMMIT), JSON.stringify(list));
    await files.rename(join(root, PENDING, COMMIT), join(root, COMMIT));
    await flushFolder(files, root);
    await carryOut(folder, list);
  } catch (error) {
    throw writeFailure(root, error);
  }
  folder.mustRecover = false;
}

/** Brings the folder to the end or the beginning of the transaction it was left in. */
async function recover(folder: Folder): Promise<void> {
  const { root, files } = folder;
  try {
    for (const name of [PENDING, ...tableNames]) {
      await files.mkdir(join(root, name), { recursive: true });
    }
    const text = await readIfThere(files, join(root, COMMIT));
    if (text) await carryOut(folder, parseCommitList(root, text.toString("utf8")));
    for (const name of await files.readdir(join(root, PENDING))) {
      await files.rm(join(root, PENDING, name), { force: true });
    }
  } catch (error) {
    if (error instanceof ZerothError) throw error;
    throw new ZerothError("E-STORE-3", `${root} cannot be used to keep runs: ${String(error)}.`, {
      cause: error,
    });
  }
  folder.mustRecover = false;
}

/** Harmless to do twice: a rename that has been done has no source any more. */
async function carryOut({ root, files }: Folder, list: CommitList): Promise<void> {
  for (const [from, to] of list.renames) {
    await ignoreMissing(files.rename(join(root, from), join(root, to)));
  }
  for (const path of list.removals) await files.rm(join(root, path), { force: true });
  const touched = new Set([...list.renames.map(([, to]) => to), ...list.removals].map(dirname));
  for (const table of touched) await flushFolder(files, join(root, table));
  await files.rm(join(root, COMMIT), { force: true });
}

function parseCommitList(root: string, text: string): CommitList {
  const list: unknown = JSON.parse(text);
  if (isStoredObject(list)) {
    const { renames, removals } = list;
    const isPath = (path: unknown) => typeof path === "string" && !path.includes("..");
    if (
      Array.isArray(renames) &&
      renames.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isPath)) &&
      Array.isArray(removals) &&
      removals.every(isPath)
    ) {
      return { renames, removals };
    }
  }
  throw new ZerothError(
    "E-STORE-3",
    `${join(root, COMMIT)} is not a list of changes Zeroth wrote. Move it away to open the folder.`,
  );
}

async function readValue(
  { root, files }: Folder,
  table: TableName,
  key: string,
): Promise<StoredValue | undefined> {
  const bytes = await readIfThere(files, join(root, table, fileNameOf(key, "bin")));
  if (bytes) return new Uint8Array(bytes);
  const path = join(root, table, fileNameOf(key, "json"));
  const text = await readIfThere(files, path);
  if (!text) return undefined;
  const value = fromJson(text.toString("utf8"));
  if (value) return value;
  throw new ZerothError("E-STORE-3", `${path} is damaged: it does not hold a JSON object.`);
}

async function listKeys({ root, files }: Folder, table: TableName, prefix = "") {
  const names = await files.readdir(join(root, table));
  return names
    .flatMap((name) => keyOf(name) ?? [])
    .filter((key) => key.startsWith(prefix))
    .sort();
}

async function listEntries(folder: Folder, table: TableName, prefix = ""): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const key of await listKeys(folder, table, prefix)) {
    const value = await readValue(folder, table, key);
    if (value) entries.push([key, value]);
  }
  return entries;
}

async function readIfThere(files: FileSystem, path: string): Promise<Buffer | undefined> {
  return ignoreMissing(files.readFile(path));
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

/** Makes renames in a folder last. Windows opens no folders and needs no such thing. */
async function flushFolder(files: FileSystem, path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await files.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
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

function writeFailure(root: string, error: unknown): ZerothError {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StorageFull(
      `There is no room left for ${root}. What was saved before is intact; free some space.`,
    );
  }
  return new ZerothError(
    "E-STORE-3",
    `${root} could not be written: ${String(error)}. What was saved before is intact.`,
    { cause: error },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
