import { StorageFull } from "#base/errors.ts";
import type { Store } from "#run/store/store.ts";
import { memoryStore } from "#storage/memoryStore.ts";

/** A store in memory that rejects writes while it is full, and weights while it is nearly full. */
export function limitedStore(): Store & { isFull: boolean; isNearlyFull: boolean } {
  const inner = memoryStore();
  const store = {
    ...inner,
    isFull: false,
    isNearlyFull: false,
    transact: async (...given: Parameters<Store["transact"]>) => {
      const writes = given[0].filter(({ type }) => type === "put");
      const isLarge = writes.some(({ table }) => table === "chunks");
      if ((store.isFull && writes.length > 0) || (store.isNearlyFull && isLarge)) {
        throw new StorageFull("Storage is full.");
      }
      await inner.transact(...given);
    },
  };
  return store;
}
