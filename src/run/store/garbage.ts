import { orphanedParts, partSizes } from "./checkpoint.ts";
import { ownerOf, prefixOf, readEntries, sizeOf, weightsOwnerOf, weightsPrefixOf } from "./keys.ts";
import type { Store, TableName } from "./store.ts";
import { parseRunRecord } from "./storedRecords.ts";

/**
 * Keeps everyone off a model until the function it gives is called; null while anyone, in any tab, is
 * at work on the run or the model of this id.
 */
export type TakeAlone = (ownerId: string) => Promise<(() => void) | null>;

/**
 * Sweeps up what nothing refers to any more, and says how many entries those were: parts of snapshots
 * that were never finished, whatever belongs to a run without a record, and base models of no run.
 * A run whose record cannot be read is still a run; while there is one no model is touched.
 */
export async function collectGarbage(store: Store, takeAlone: TakeAlone): Promise<number> {
  let removed = 0;
  for (const [ownerId, found] of await garbageByOwner(store)) {
    const letGo = await takeAlone(ownerId);
    if (!letGo) continue;
    try {
      // Looked at again now that nobody is at work on it: the first look may have met a save between
      // its last part and its manifest, or a base model before its run. And only what both saw goes:
      // a run can be opened meanwhile, but a name of a part is never used again.
      const again = new Set((await garbageByOwner(store)).get(ownerId)?.map(String));
      const doomed = found.filter((key) => again.has(String(key)));
      await remove(store, doomed);
      removed += doomed.length;
    } finally {
      letGo();
    }
  }
  return removed;
}

/**
 * Removes a run with all that is its own, and its base model if no other run started from that and
 * nobody is at work on it. Bytes freed.
 */
export async function removeRun(
  store: Store,
  runId: string,
  takeAlone: TakeAlone,
): Promise<number> {
  const own = (await readEntries(store, "runs")).filter(([key]) => key === runId);
  const [modelId] = modelsOf(own) ?? [];
  const letGo = modelId === undefined ? null : await takeAlone(modelId);
  try {
    const doomed = await everythingOf(store, runId);
    if (modelId !== undefined && letGo) {
      const others = (await readEntries(store, "runs")).filter(([key]) => key !== runId);
      const isLast = modelsOf(others)?.has(modelId) === false;
      if (isLast) doomed.push(...(await everythingOf(store, modelId)));
    }
    const freedBytes = await sizeOfAll(store, doomed);
    await remove(store, doomed);
    return freedBytes;
  } finally {
    letGo?.();
  }
}

type StoredKey = readonly [table: TableName, key: string];

const ownedTables = ["rows", "journal", "evaluations", "manifests", "models"] as const;

async function garbageByOwner(store: Store): Promise<ReadonlyMap<string, readonly StoredKey[]>> {
  const runs = await readEntries(store, "runs");
  const runIds = new Set(runs.map(([key]) => key));
  const usedModels = modelsOf(runs) ?? new Set(await store.keys("models"));
  const isLive = (id: string) => usedModels.has(id) || runIds.has(id);

  const garbage = new Map<string, StoredKey[]>();
  const add = (ownerId: string, key: StoredKey) => {
    const found = garbage.get(ownerId);
    if (found) found.push(key);
    else garbage.set(ownerId, [key]);
  };
  for (const table of ownedTables) {
    for (const key of await store.keys(table)) {
      if (!isLive(ownerOf(key))) add(ownerOf(key), [table, key]);
    }
  }
  const orphans = new Set(await orphanedParts(store));
  for (const key of await store.keys("chunks")) {
    const owner = weightsOwnerOf(key);
    if (!isLive(owner) || orphans.has(key)) add(owner, ["chunks", key]);
  }
  return garbage;
}

async function everythingOf(store: Store, ownerId: string): Promise<StoredKey[]> {
  const found: StoredKey[] = [
    ["runs", ownerId],
    ["models", ownerId],
  ];
  for (const table of ["rows", "journal", "evaluations", "manifests"] as const) {
    for (const key of await store.keys(table, prefixOf(ownerId))) found.push([table, key]);
  }
  for (const key of await store.keys("chunks", weightsPrefixOf(ownerId))) {
    found.push(["chunks", key]);
  }
  return found;
}

/** The base models of these runs, or undefined if some record does not tell. */
function modelsOf(
  runs: readonly (readonly [key: string, value: unknown])[],
): ReadonlySet<string> | undefined {
  try {
    return new Set(runs.map(([key, value]) => parseRunRecord(value, key).modelId));
  } catch {
    return undefined;
  }
}

async function sizeOfAll(store: Store, keys: readonly StoredKey[]): Promise<number> {
  // Weights are measured by their manifests: reading a gigabyte only to drop it would take seconds.
  const known = await partSizes(store);
  let sizeBytes = 0;
  for (const [table, key] of keys) {
    const knownBytes = table === "chunks" ? known.get(key) : undefined;
    const value = knownBytes === undefined && (await store.get(table, key).catch(() => undefined));
    sizeBytes += knownBytes ?? (value ? sizeOf(value) : 0);
  }
  return sizeBytes;
}

/** One transaction. */
async function remove(store: Store, doomed: readonly StoredKey[]): Promise<void> {
  const operations = doomed.map(([table, key]) => ({ type: "delete", table, key }) as const);
  if (operations.length > 0) await store.transact(operations, "strict");
}
