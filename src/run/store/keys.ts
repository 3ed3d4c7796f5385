import { type Entry, isBytes, type Store, type StoredValue, type TableName } from "./store.ts";

/**
 * Under which key what is found. Tables: runs `<run>`; rows `<run>/train`, `<run>/dev` and, where there
 * are any, `<run>/test`; journal `<run>/<block>`; evaluations `<run>/<step>`; manifests
 * `<run or model>/<step>`; chunks `<snapshot>/<part>`; models `<model>`;
 * tunings by `tuningKey`.
 */
export function numberedKey(ownerId: string, number: number, digits: 6 | 8 = 8): string {
  return `${ownerId}/${String(number).padStart(digits, "0")}`;
}

/** What every key of an owner's things begins with. */
export function prefixOf(ownerId: string): string {
  return `${ownerId}/`;
}

/** The part of a key before its first `/`: whose it is. */
export function ownerOf(key: string): string {
  return key.split("/", 1)[0] ?? key;
}

/** What every key of an owner's weights begins with, finished snapshots and abandoned ones. */
export function weightsPrefixOf(ownerId: string): string {
  return `${ownerId}.`;
}

/** An id no other snapshot ever has, so that a new one never overwrites parts of an old one. */
export function newSnapshotId(ownerId: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(ownerId)) {
    throw new RangeError(`"${ownerId}" cannot be an id: use letters, digits, "-" and "_".`);
  }
  return weightsPrefixOf(ownerId) + crypto.randomUUID();
}

/** Whose weights a part is of. */
export function weightsOwnerOf(key: string): string {
  return key.split(".", 1)[0] ?? key;
}

/** What a value takes up, in bytes: itself, or its length as JSON. */
export function sizeOf(value: StoredValue): number {
  return isBytes(value)
    ? value.byteLength
    : new TextEncoder().encode(JSON.stringify(value)).byteLength;
}

/**
 * Like `store.entries`, but one value that cannot be read costs only itself: it comes back as
 * undefined.
 */
export async function readEntries(
  store: Store,
  table: TableName,
  prefix?: string,
): Promise<readonly (Entry | readonly [key: string, value: undefined])[]> {
  try {
    return await store.entries(table, prefix);
  } catch {
    const keys = await store.keys(table, prefix);
    return Promise.all(
      keys.map(async (key) => [key, await store.get(table, key).catch(() => undefined)] as const),
    );
  }
}
