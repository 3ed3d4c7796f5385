import { bytesToHex } from "@noble/hashes/utils.js";
import { ZerothError } from "#base/errors.ts";
import type { DType } from "#data/formats/tensorSource.ts";
import {
  newSnapshotId,
  numberedKey,
  ownerOf,
  prefixOf,
  readEntries,
  weightsOwnerOf,
  weightsPrefixOf,
} from "./keys.ts";
import type { Manifest, SnapshotPart } from "./records.ts";
import { isBytes, type Operation, type Store } from "./store.ts";
import { parseManifest } from "./storedRecords.ts";

/**
 * Weights in the store. A snapshot is written under a name never used before, part by part; then
 * one strict transaction writes its manifest and, with it, whatever the caller wants to be true at
 * the same moment. Without a manifest parts are nothing, so a crash leaves the old snapshot or the
 * new one, and at worst some parts to sweep up.
 */
export interface SnapshotSource {
  /** The run or the model these weights belong to. */
  readonly ownerId: string;
  readonly step: number;
  /** Of every weight. */
  readonly dtype: DType;
  /** Of all pieces together. */
  readonly totalBytes: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The parameters in table order, cut anywhere; a piece may be reused once the next is asked for. */
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Size of a part, 8 MiB unless told: tests cut small weights into many. */
  readonly partBytes?: number;
}

const PART_BYTES = 8 * 1024 * 1024;

/** Snapshots kept of each owner: the newest, and the one before in case that is damaged. */
const KEPT_SNAPSHOTS = 2;

/**
 * The manifest of a snapshot that is now kept whole.
 *
 * @param alongWith applied in the same transaction as the manifest
 * @throws StorageFull, ZerothError; then nothing has changed but what `collectGarbage` sweeps up
 */
export async function writeSnapshot(
  store: Store,
  source: SnapshotSource,
  alongWith: readonly Operation[] = [],
): Promise<Manifest> {
  const manifest = await writeParts(store, source);
  await commitSnapshot(store, manifest, alongWith);
  return manifest;
}

/** Writes the parts and says what their manifest has to be; until it is committed they count for nothing. */
export async function writeParts(store: Store, source: SnapshotSource): Promise<Manifest> {
  const { ownerId, step, dtype, totalBytes, createdAt } = source;
  const snapshotId = newSnapshotId(ownerId);
  const parts: SnapshotPart[] = [];
  try {
    let sizeBytes = 0;
    for await (const part of inParts(source.pieces, source.partBytes ?? PART_BYTES)) {
      const key = numberedKey(snapshotId, parts.length, 6);
      await store.transact([{ type: "put", table: "chunks", key, value: part }]);
      parts.push({ sizeBytes: part.byteLength, sha256: await sha256Hex(part) });
      sizeBytes += part.byteLength;
    }
    if (sizeBytes !== totalBytes) {
      throw new RangeError(`A snapshot of ${totalBytes} bytes was given ${sizeBytes}.`);
    }
  } catch (error) {
    // At once, because the journal needs the room too.
    await store.transact([deleteParts(snapshotId)]).catch(() => undefined);
    throw error;
  }
  return {
    schemaVersion: 1,
    snapshotId,
    ownerId,
    step,
    dtype,
    sizeBytes: totalBytes,
    createdAt,
    parts,
  };
}

/**
 * Makes a snapshot count, and in the same transaction takes away what it replaces: older snapshots
 * beyond the newest two, and any of a later step, which belong to a past the run has gone back on.
 *
 * @throws ZerothError E-STORE-3 if parts have vanished in the meantime
 */
export async function commitSnapshot(
  store: Store,
  manifest: Manifest,
  alongWith: readonly Operation[] = [],
): Promise<void> {
  const { ownerId, step, snapshotId } = manifest;
  if (!(await hasAllParts(store, manifest))) {
    throw new ZerothError(
      "E-STORE-3",
      `The snapshot of step ${shown(step)} lost parts while it was being saved (another tab may have cleared them). The one before is intact; save again.`,
    );
  }
  const { manifests } = await listSnapshots(store, ownerId);
  const older = manifests.filter((other) => other.step < step).slice(0, KEPT_SNAPSHOTS - 1);
  const key = numberedKey(ownerId, step);
  const keptKeys = new Set([key, ...older.map((other) => numberedKey(ownerId, other.step))]);
  const removals: Operation[] = [];
  for (const [other, value] of await readEntries(store, "manifests", prefixOf(ownerId))) {
    const replaced = tryParse(other, value);
    if (!keptKeys.has(other)) removals.push({ type: "delete", table: "manifests", key: other });
    if (typeof replaced === "string" || (keptKeys.has(other) && other !== key)) continue;
    // The same one, where a commit was kept and yet reported as failed.
    if (replaced.snapshotId !== snapshotId) removals.push(deleteParts(replaced.snapshotId));
  }
  await store.transact(
    [...removals, { type: "put", table: "manifests", key, value: { ...manifest } }, ...alongWith],
    "strict",
  );
}

/** What can be used of an owner's snapshots, newest first, and a sentence about each that cannot. */
export async function listSnapshots(
  store: Store,
  ownerId: string,
): Promise<{ readonly manifests: readonly Manifest[]; readonly problems: readonly string[] }> {
  const manifests: Manifest[] = [];
  const problems: string[] = [];
  for (const [key, value] of await readEntries(store, "manifests", prefixOf(ownerId))) {
    const manifest = tryParse(key, value);
    if (typeof manifest === "string") {
      problems.push(manifest);
    } else if (await hasAllParts(store, manifest)) {
      manifests.unshift(manifest);
    } else {
      problems.push(`The snapshot of step ${shown(manifest.step)} has parts missing.`);
    }
  }
  return { manifests, problems };
}

/** The newest snapshot whose parts are all there (not yet that they are sound), if there is one. */
export async function newestSnapshot(store: Store, ownerId: string): Promise<Manifest | undefined> {
  return (await listSnapshots(store, ownerId)).manifests[0];
}

/**
 * The parts of a snapshot in their order, each checked before it is handed out.
 *
 * @throws ZerothError E-STORE-3 naming the part that is missing or damaged
 */
export async function* readSnapshot(
  store: Store,
  manifest: Manifest,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { parts, snapshotId, step } = manifest;
  for (const [i, part] of parts.entries()) {
    const bytes = await store.get("chunks", numberedKey(snapshotId, i, 6));
    const fault = await faultIn(bytes, part);
    if (fault !== undefined || !isBytes(bytes)) {
      throw new ZerothError(
        "E-STORE-3",
        `The snapshot of step ${shown(step)} is damaged: part ${i + 1} of ${parts.length} ${fault}.`,
      );
    }
    yield bytes;
  }
}

/**
 * Loads the first of these snapshots that proves sound, and tells which, and what was wrong with
 * those before it.
 *
 * @param load takes every piece; called again from the start with the next snapshot where one fails
 * @throws ZerothError E-STORE-3 if none is sound
 */
export async function restoreSnapshot(
  store: Store,
  manifests: readonly Manifest[],
  load: (manifest: Manifest, pieces: AsyncIterable<Uint8Array<ArrayBuffer>>) => Promise<void>,
): Promise<{ readonly manifest: Manifest; readonly repairs: readonly string[] }> {
  const repairs: string[] = [];
  for (const manifest of manifests) {
    try {
      await load(manifest, readSnapshot(store, manifest));
      return { manifest, repairs };
    } catch (error) {
      if (!(error instanceof ZerothError) || error.code !== "E-STORE-3") throw error;
      repairs.push(error.message);
    }
  }
  const reasons = repairs.length > 0 ? repairs.join(" ") : "None is stored.";
  throw new ZerothError(
    "E-STORE-3",
    `No whole set of weights is left in this storage. ${reasons} Open the model's files again.`,
  );
}

/**
 * Keys of parts that no manifest names: left by a save that did not come to its end, or did but is
 * of an owner that is gone. Owners with a manifest that cannot be read are left alone, because it
 * may be a newer version's.
 *
 * @param ownerId only this owner's; all without it
 */
export async function orphanedParts(store: Store, ownerId?: string): Promise<readonly string[]> {
  const manifestPrefix = ownerId === undefined ? "" : prefixOf(ownerId);
  const partPrefix = ownerId === undefined ? "" : weightsPrefixOf(ownerId);
  const named = new Set<string>();
  const unclear = new Set<string>();
  for (const [key, value] of await readEntries(store, "manifests", manifestPrefix)) {
    const manifest = tryParse(key, value);
    if (typeof manifest === "string") unclear.add(ownerOf(key));
    else named.add(manifest.snapshotId);
  }
  const keys = await store.keys("chunks", partPrefix);
  return keys.filter((key) => !named.has(ownerOf(key)) && !unclear.has(weightsOwnerOf(key)));
}

/** Bytes of each part that a readable manifest names, by the part's key. */
export async function partSizes(store: Store): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const [key, value] of await readEntries(store, "manifests")) {
    const manifest = tryParse(key, value);
    if (typeof manifest === "string") continue;
    for (const [i, part] of manifest.parts.entries()) {
      sizes.set(numberedKey(manifest.snapshotId, i, 6), part.sizeBytes);
    }
  }
  return sizes;
}

async function hasAllParts(store: Store, { snapshotId, parts }: Manifest): Promise<boolean> {
  const keys = new Set(await store.keys("chunks", prefixOf(snapshotId)));
  return parts.every((_, i) => keys.has(numberedKey(snapshotId, i, 6)));
}

function tryParse(key: string, value: unknown): Manifest | string {
  try {
    return parseManifest(value, key);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function deleteParts(snapshotId: string): Operation & { readonly type: "deletePrefix" } {
  return { type: "deletePrefix", table: "chunks", prefix: prefixOf(snapshotId) };
}

async function faultIn(bytes: unknown, part: SnapshotPart): Promise<string | undefined> {
  if (!isBytes(bytes)) return "is missing";
  if (bytes.byteLength !== part.sizeBytes) {
    return `has ${shown(bytes.byteLength)} of ${shown(part.sizeBytes)} bytes`;
  }
  return (await sha256Hex(bytes)) === part.sha256 ? undefined : "fails its checksum";
}

/** The pieces cut anew into parts of one size; each is valid until the next is asked for. */
async function* inParts(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  partBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const part = new Uint8Array(partBytes);
  let filled = 0;
  for await (const piece of pieces) {
    for (let offset = 0; offset < piece.length; ) {
      const taken = piece.subarray(offset, offset + partBytes - filled);
      part.set(taken, filled);
      filled += taken.length;
      offset += taken.length;
      if (filled === partBytes) {
        yield part;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function shown(count: number): string {
  return count.toLocaleString("en-US");
}
