/**
 * Where runs last. A store is a handful of tables of (key, value) with one strong promise:
 * `transact` applies all of its operations or none, and once it resolves they are kept.
 *
 * The page brings IndexedDB, Node a folder, tests memory; `storage/contract.ts` holds them all to
 * the same behaviour.
 */
export interface Store {
  get(table: TableName, key: string): Promise<StoredValue | undefined>;
  /** Keys that begin with `prefix`, ascending by code unit. */
  keys(table: TableName, prefix?: string): Promise<readonly string[]>;
  /**
   * Keys that begin with `prefix` with their values, in the order of `keys`, all of one moment. For
   * many small values at once; weights are read one by one.
   */
  entries(table: TableName, prefix?: string): Promise<readonly Entry[]>;
  /**
   * Applies the operations in their order, all of them or none. Values must stay as they are until
   * it resolves.
   *
   * @param durability "strict" asks the medium to flush this and everything before it; what is
   *   "relaxed" (the default) survives the end of the program, but the last seconds of it may be
   *   lost with the power
   * @throws StorageFull if there is no room; then nothing of it was kept
   */
  transact(operations: readonly Operation[], durability?: Durability): Promise<void>;
  /** Waits for what was begun. Another process may write to the store from then on. */
  close(): Promise<void>;
}

export const tableNames = [
  "runs",
  "rows",
  "journal",
  "evaluations",
  "manifests",
  "chunks",
  "models",
  "tunings",
] as const;
export type TableName = (typeof tableNames)[number];

export type Durability = "relaxed" | "strict";
export type Entry = readonly [key: string, value: StoredValue];

/** Bytes, or plain JSON-like data. What is read back is a copy. */
export type StoredValue = Uint8Array<ArrayBuffer> | StoredObject;
export type StoredObject = { readonly [key: string]: unknown };

export type Operation =
  | {
      readonly type: "put";
      readonly table: TableName;
      readonly key: string;
      readonly value: StoredValue;
    }
  | { readonly type: "delete"; readonly table: TableName; readonly key: string }
  | { readonly type: "deletePrefix"; readonly table: TableName; readonly prefix: string };

/** True for bytes that own an ordinary buffer, the only kind a store holds. */
export function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
}

/** True for the other kind of stored value: a record of fields. */
export function isStoredObject(value: unknown): value is StoredObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}
