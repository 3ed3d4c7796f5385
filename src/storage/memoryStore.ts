import {
  type Entry,
  isBytes,
  type Operation,
  type Store,
  type StoredValue,
  type TableName,
} from "#run/store/store.ts";

/** A store that lasts as long as the program: for tests, and for runs nobody wants to keep. */
export function memoryStore(): Store {
  const tables = new Map<TableName, Map<string, StoredValue>>();
  const table = (name: TableName) => {
    const found = tables.get(name) ?? new Map<string, StoredValue>();
    tables.set(name, found);
    return found;
  };
  const keys = (name: TableName, prefix = "") =>
    [...table(name).keys()].filter((key) => key.startsWith(prefix)).sort();

  return {
    get: async (name, key) => {
      const value = table(name).get(key);
      return value && copyOf(value);
    },
    keys: async (name, prefix) => keys(name, prefix),
    entries: async (name, prefix) =>
      keys(name, prefix).map((key): Entry => [key, copyOf(table(name).get(key) ?? {})]),
    transact: async (operations) => {
      // Copied before anything is applied: a value that cannot be copied must stop all of it.
      const copies = operations.map(withCopy);
      for (const operation of copies) apply(operation, table(operation.table));
    },
    close: () => Promise.resolve(),
  };
}

function apply(operation: Operation, table: Map<string, StoredValue>): void {
  switch (operation.type) {
    case "put":
      table.set(operation.key, operation.value);
      return;
    case "delete":
      table.delete(operation.key);
      return;
    case "deletePrefix":
      for (const key of [...table.keys()]) {
        if (key.startsWith(operation.prefix)) table.delete(key);
      }
      return;
    default:
      operation satisfies never;
  }
}

function withCopy(operation: Operation): Operation {
  return operation.type === "put" ? { ...operation, value: copyOf(operation.value) } : operation;
}

function copyOf(value: StoredValue): StoredValue {
  return isBytes(value) ? value.slice() : structuredClone(value);
}
