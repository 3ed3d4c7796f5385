import { ZerothError } from "#base/errors.ts";
import {
  isStoredObject,
  type Operation,
  type StoredValue,
  type TableName,
} from "#run/store/store.ts";

/** Name of the list of changes that the last transaction made to the folder. */
export const COMMIT = "commit.json";
/** Folder of values that are written but not yet under their names. */
export const PENDING = "pending";

/**
 * The changes of one transaction, as `commit.json` lists them. All paths are relative to the folder of
 * the store, with `/` between parts.
 */
export interface CommitList {
  /** Different for every transaction. Lists of earlier versions have none. */
  readonly id?: string;
  readonly renames: readonly (readonly [from: string, to: string])[];
  readonly removals: readonly string[];
}

/**
 * Parses `commit.json`.
 *
 * @param path of the file, for the message
 * @throws ZerothError E-STORE-3
 */
export function parseCommitList(text: string, path: string): CommitList {
  const list = parseJson(text);
  if (isStoredObject(list)) {
    const { id, renames, removals } = list;
    if (
      Array.isArray(renames) &&
      renames.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isPath)) &&
      Array.isArray(removals) &&
      removals.every(isPath)
    ) {
      return {
        ...(typeof id === "string" && { id }),
        renames: renames.map(([from, to]) => [withSlashes(from), withSlashes(to)] as const),
        removals: removals.map(withSlashes),
      };
    }
  }
  throw new ZerothError(
    "E-STORE-3",
    `${path} is damaged: it does not list the changes of a transaction. Nothing was changed. ` +
      `Move this file away to open the folder without its last change.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPath(path: unknown): path is string {
  return typeof path === "string" && !path.includes("..") && !/^([/\\]|\w:)/.test(path);
}

/** Earlier versions wrote the separator of the operating system. */
function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** The value that a transaction leaves under one key; undefined if it removes the key. */
export interface Change {
  readonly table: TableName;
  readonly key: string;
  readonly value: StoredValue | undefined;
}

/**
 * The changes that the operations make together when they are applied in their order.
 *
 * @param listKeys the keys a table holds before
 */
export async function changesOf(
  operations: readonly Operation[],
  listKeys: (table: TableName) => Promise<readonly string[]>,
): Promise<readonly Change[]> {
  const changes = new Map<string, Change>();
  const set = (change: Change) => changes.set(`${change.table}/${change.key}`, change);
  for (const operation of operations) {
    const { table } = operation;
    switch (operation.type) {
      case "put":
        set({ table, key: operation.key, value: operation.value });
        break;
      case "delete":
        set({ table, key: operation.key, value: undefined });
        break;
      case "deletePrefix": {
        const touched = [...changes.values()].filter((change) => change.table === table);
        for (const key of [...(await listKeys(table)), ...touched.map((change) => change.key)]) {
          if (key.startsWith(operation.prefix)) set({ table, key, value: undefined });
        }
        break;
      }
      default:
        operation satisfies never;
    }
  }
  return [...changes.values()];
}

/** Path of the file that holds the value of a key. */
export function pathOf(table: TableName, key: string, extension: "bin" | "json"): string {
  return `${table}/${fileNameOf(key, extension)}`;
}

/**
 * The file name of a key. Every character but `a-z 0-9 _ -` is written as `%` and four hex digits:
 * capitals because some file systems ignore case, dots because `..` is a folder.
 */
function fileNameOf(key: string, extension: "bin" | "json"): string {
  const safe = key.replace(/[^a-z0-9_-]/g, (unit) => {
    return `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${safe}.${extension}`;
}

/** The key of a file name, or undefined for a file that a store did not write. */
export function keyOf(fileName: string): string | undefined {
  const match = /^((?:[a-z0-9_-]|%[0-9a-f]{4})*)\.(?:bin|json)$/.exec(fileName);
  return match?.[1]?.replace(/%([0-9a-f]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
