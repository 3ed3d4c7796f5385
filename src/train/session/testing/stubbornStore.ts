import { StorageFull } from "#base/errors.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { Store } from "../../store.ts";

/** A store in memory that takes nothing new while it is full. */
export function stubbornStore(): Store & { isFull: boolean } {
  const inner = memoryStore();
  const store = {
    ...inner,
    isFull: false,
    transact: async (...given: Parameters<Store["transact"]>) => {
      const isWrite = given[0].some(({ type }) => type === "put");
      if (store.isFull && isWrite) throw new StorageFull("Storage is full.");
      await inner.transact(...given);
    },
  };
  return store;
}
