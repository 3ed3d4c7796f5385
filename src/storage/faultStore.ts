import { isBytes, type Operation, type Store, type StoredValue } from "#run/store/store.ts";
import { memoryStore } from "./memoryStore.ts";

/**
 * Stores that misbehave on purpose, after SQLite's I/O error and crash tests.
 *
 * @see https://www.sqlite.org/testing.html, sections 3.2 and 3.3
 */
export interface Fault {
  /** Which call goes wrong, counted from 1 over every call of the store. */
  readonly at: number;
  /** Every later call goes wrong too. */
  readonly forEver: boolean;
  /** A write can be refused before anything happened, or be kept and reported as refused. */
  readonly writes?: "lost" | "kept";
  readonly error: Error;
}

/** `inner`, but with one call, or all from one on, going wrong; `calls()` says how many were made. */
export function faultStore(inner: Store, fault: Fault): Store & { calls(): number } {
  let calls = 0;
  const goesWrong = () => {
    calls++;
    return fault.forEver ? calls >= fault.at : calls === fault.at;
  };
  const read = async <T>(action: () => Promise<T>): Promise<T> => {
    if (goesWrong()) throw fault.error;
    return action();
  };
  return {
    calls: () => calls,
    get: (table, key) => read(() => inner.get(table, key)),
    keys: (table, prefix) => read(() => inner.keys(table, prefix)),
    entries: (table, prefix) => read(() => inner.entries(table, prefix)),
    transact: async (operations, durability) => {
      const fails = goesWrong();
      if (!fails || fault.writes === "kept") await inner.transact(operations, durability);
      if (fails) throw fault.error;
    },
    close: () => inner.close(),
  };
}

/** A store in memory whose relaxed writes a loss of power may drop or damage. */
export interface VolatileStore extends Store {
  /**
   * What is found after the power came back. Everything up to the last strict transaction is whole;
   * each operation after it was written, dropped, or left garbage, as `random` (0..1) decides. That
   * is harsher than IndexedDB, which never tears a transaction.
   */
  losePower(random: () => number): Promise<Store>;
}

export function volatileStore(): VolatileStore {
  const live = memoryStore();
  const flushed = memoryStore();
  let unflushed: Operation[] = [];
  return {
    ...live,
    transact: async (operations, durability) => {
      await live.transact(operations, durability);
      // Copies: the caller may use its buffers again once this resolves.
      unflushed.push(...operations.map((operation) => structuredClone(operation)));
      if (durability !== "strict") return;
      await flushed.transact(unflushed);
      unflushed = [];
    },
    losePower: async (random) => {
      await flushed.transact(unflushed.flatMap((operation) => afterPowerLoss(operation, random)));
      unflushed = [];
      return flushed;
    },
  };
}

function afterPowerLoss(operation: Operation, random: () => number): readonly Operation[] {
  const fate = random();
  if (fate < 1 / 3) return [];
  if (fate < 2 / 3 || operation.type !== "put") return [operation];
  return [{ ...operation, value: garbage(operation.value, random) }];
}

/** The value with one sector of 512 bytes overwritten, or cut short, or not itself at all. */
function garbage(value: StoredValue, random: () => number): StoredValue {
  if (!isBytes(value)) return random() < 0.5 ? {} : { ...value, schemaVersion: 77 };
  if (random() < 0.3) return value.slice(0, Math.floor(random() * value.length));
  const damaged = value.slice();
  const start = Math.floor(random() * damaged.length);
  for (let i = start; i < Math.min(start + 512, damaged.length); i++) {
    damaged[i] = Math.floor(random() * 256);
  }
  return damaged;
}

/** A small generator of numbers 0..1 for tests (mulberry32), so that a seed names a failure. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
