import { ZerothError } from "#base/errors.ts";
import type { Entry, Store, StoredValue, TableName } from "#run/store/store.ts";
import {
  COMMIT,
  type CommitList,
  keyOf,
  PENDING,
  parseCommitList,
  pathOf,
} from "./folderLayout.ts";
import { fromJson } from "./json.ts";

/** The files of a store's folder, as a disk, a browser's file list or an archive provides them. */
export interface FolderFiles {
  /** How messages name the folder. */
  readonly name: string;
  /** The bytes of a file, or undefined if there is no such file. @param path relative, with `/` */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Names of the files in a folder; none if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

/** Retries of a read that a transaction interrupted. Each takes as long as the read itself. */
const MOST_ATTEMPTS = 200;

type Reader = Pick<Store, "get" | "keys" | "entries">;

/**
 * Reads a store's folder without changing it, also while another process writes to it.
 *
 * A transaction counts from the moment its list of changes becomes `commit.json`, and the list stays
 * there until the next transaction. A reader therefore sees the folder as it is once the current list
 * is carried out, and reads again if the list is another one afterwards.
 */
export function folderReader(files: FolderFiles): Reader {
  return {
    get: (table, key) => atOneMoment(files, (view) => readValue(files, view, table, key)),
    keys: (table, prefix) => atOneMoment(files, (view) => listKeys(view, table, prefix)),
    entries: (table, prefix) =>
      atOneMoment(files, async (view) => {
        const entries: Entry[] = [];
        for (const key of await listKeys(view, table, prefix)) {
          const value = await readValue(files, view, table, key);
          if (value) entries.push([key, value]);
        }
        return entries;
      }),
  };
}

/** A store that only reads. Its folder may belong to a run that another process is training. */
export function readOnlyStore(files: FolderFiles): Store {
  return {
    ...folderReader(files),
    transact: () => Promise.reject(new ZerothError("E-STORE-7", readOnlySentence(files.name))),
    close: () => Promise.resolve(),
  };
}

function readOnlySentence(name: string): string {
  return `${name} is open for reading only, so nothing in it was changed. Copy the run to change it.`;
}

type View = Pick<FolderFiles, "read" | "list">;

async function atOneMoment<T>(files: FolderFiles, read: (view: View) => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const before = await readCommit(files);
    const result = await outcomeOf(read(before.list ? applied(files, before.list) : files));
    const { text } = await readCommit(files);
    if (text === before.text) return result();
  }
  throw new ZerothError(
    "E-STORE-4",
    `${files.name} changed ${MOST_ATTEMPTS} times while it was being read. Try again in a moment.`,
  );
}

/** The result or the error of a promise, to be used once it is known that it counts. */
async function outcomeOf<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise;
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function readCommit(files: FolderFiles): Promise<{ text: string; list?: CommitList }> {
  const bytes = await files.read(COMMIT);
  const text = new TextDecoder().decode(bytes);
  return text === "" ? { text } : { text, list: parseCommitList(text, `${files.name}/${COMMIT}`) };
}

/** The files as they are once a list of changes is carried out, however much of it already is. */
function applied(files: FolderFiles, { renames, removals }: CommitList): View {
  const sources = new Map(renames.map(([from, to]) => [to, from]));
  const removed = new Set(removals.filter((path) => !sources.has(path)));
  return {
    read: async (path) => {
      if (removed.has(path)) return undefined;
      const source = sources.get(path);
      const waiting = source === undefined ? undefined : await files.read(source);
      return waiting ?? files.read(path);
    },
    list: async (folder) => {
      // In this order: what has left `pending` by now is in its folder.
      const pending = new Set(renames.length > 0 ? await files.list(PENDING) : []);
      const names = new Set(await files.list(folder));
      for (const [from, to] of renames) {
        const isWaiting = pending.has(from.slice(PENDING.length + 1));
        if (isWaiting && to.startsWith(`${folder}/`)) names.add(to.slice(folder.length + 1));
      }
      return [...names].filter((name) => !removed.has(`${folder}/${name}`));
    },
  };
}

async function readValue(
  { name }: FolderFiles,
  view: View,
  table: TableName,
  key: string,
): Promise<StoredValue | undefined> {
  const bytes = await view.read(pathOf(table, key, "bin"));
  if (bytes) return bytes;
  const path = pathOf(table, key, "json");
  const text = await view.read(path);
  if (!text) return undefined;
  const value = fromJson(new TextDecoder().decode(text));
  if (value) return value;
  throw new ZerothError("E-STORE-3", `${name}/${path} is damaged: it does not hold a JSON object.`);
}

async function listKeys(view: View, table: TableName, prefix = ""): Promise<string[]> {
  const names = await view.list(table);
  const keys = names.flatMap((name) => keyOf(name) ?? []);
  return [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort();
}
