import type { Operation, StoredValue, TableName } from "#run/store/store.ts";

/** What a transaction leaves under one key: a value, or nothing. */
export interface Change {
  readonly table: TableName;
  readonly key: string;
  readonly value: StoredValue | undefined;
}

/**
 * What the operations, applied in order, leave under each key they touch.
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

/**
 * The file name of a key. Capital letters are spelled out too, because some file systems do not
 * tell them from small ones, and so are dots, which would make `..`.
 */
export function fileNameOf(key: string, extension: "bin" | "json"): string {
  const safe = key.replace(/[^a-z0-9_-]/g, (unit) => {
    return `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return `${safe}.${extension}`;
}

/** The key of a file name, or undefined for a file that is none of ours. */
export function keyOf(fileName: string): string | undefined {
  const match = /^((?:[a-z0-9_-]|%[0-9a-f]{4})*)\.(?:bin|json)$/.exec(fileName);
  return match?.[1]?.replace(/%([0-9a-f]{4})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
