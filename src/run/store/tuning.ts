import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { TuningRecord } from "./records.ts";
import type { Store } from "./store.ts";
import { parseTuning } from "./storedRecords.ts";

/** What a measurement depends on. */
export interface TuningConditions {
  /** Vendor, architecture and description, which names the driver where the browser tells it. */
  readonly adapter: string;
  /** Text of the kernels: another version of the application measures anew. */
  readonly sources: readonly string[];
  readonly widths: string;
}

export function tuningKey({ adapter, sources, widths }: TuningConditions): string {
  const all = JSON.stringify([adapter, widths, ...sources]);
  return bytesToHex(sha256(utf8ToBytes(all))).slice(0, 32);
}

/** Returns the measurement of a key; null if there is none, or it can no longer be read. */
export async function loadTuning(store: Store, key: string): Promise<TuningRecord | null> {
  const value = await store.get("tunings", key);
  return value === undefined ? null : readable(value, key);
}

/** The last measurement on an adapter, whatever the model. */
export async function lastTuning(store: Store, adapter: string): Promise<TuningRecord | null> {
  const all = (await store.entries("tunings")).map(([key, value]) => readable(value, key));
  return all.reduce((last, one) => {
    if (one?.adapter !== adapter) return last;
    return last && last.measuredAt > one.measuredAt ? last : one;
  }, null);
}

export async function saveTuning(store: Store, key: string, record: TuningRecord): Promise<void> {
  await store.transact([{ type: "put", table: "tunings", key, value: { ...record } }], "strict");
}

/** Forgets all measurements: the next run measures again. Runs keep the kernels they have. */
export async function forgetTunings(store: Store): Promise<void> {
  await store.transact([{ type: "deletePrefix", table: "tunings", prefix: "" }], "strict");
}

/** A measurement that cannot be read is made again; nothing is lost but three seconds. */
function readable(value: unknown, key: string): TuningRecord | null {
  try {
    return parseTuning(value, key);
  } catch {
    return null;
  }
}
