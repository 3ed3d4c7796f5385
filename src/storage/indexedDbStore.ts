import { StorageFull, ZerothError } from "#base/errors.ts";
import {
  type Entry,
  isBytes,
  isStoredObject,
  type Operation,
  type Store,
  type StoredValue,
  type TableName,
  tableNames,
} from "#run/store/store.ts";

/** Goes up when a table is added; a page with an older number cannot open the database any more. */
const VERSION = 2;

/**
 * The store of the page: one database, one object store a table, one transaction a `transact`.
 *
 * @throws ZerothError E-STORE-3 if the browser does not let this page keep data, or the data belong
 *   to a newer version of the program
 */
export async function openIndexedDbStore(factory: IDBFactory = indexedDB): Promise<Store> {
  const database = await openDatabase(factory);
  let closedBecause: string | undefined;
  // Without this an upgrade in another tab would wait for this one for ever.
  database.onversionchange = () => {
    closedBecause =
      "A newer version of Zeroth is open in another tab, so this one has stopped saving. Reload this page.";
    database.close();
  };
  database.onclose = () => {
    closedBecause =
      "The browser closed this site's storage (its data may have been cleared). Reload this page.";
  };

  const begin = (tables: Iterable<TableName>, ...how: TransactionArguments) => {
    if (closedBecause) throw new ZerothError("E-STORE-3", closedBecause);
    return database.transaction([...tables], ...how);
  };

  return {
    get: async (table, key) => {
      const request = begin([table], "readonly").objectStore(table).get(key);
      const value = await result<unknown>(request);
      return value === undefined ? undefined : checked(table, key, value);
    },
    keys: async (table, prefix) => {
      const store = begin([table], "readonly").objectStore(table);
      return (await result(store.getAllKeys(range(prefix)))).map(String);
    },
    entries: async (table, prefix) => {
      const store = begin([table], "readonly").objectStore(table);
      const [keys, values] = await Promise.all([
        result(store.getAllKeys(range(prefix))),
        result<unknown[]>(store.getAll(range(prefix))),
      ]);
      return keys.map((key, i): Entry => [String(key), checked(table, String(key), values[i])]);
    },
    transact: async (operations, durability = "relaxed") => {
      if (operations.length === 0) return;
      const tables = new Set(operations.map((operation) => operation.table));
      const transaction = begin(tables, "readwrite", { durability });
      const completed = completion(transaction);
      try {
        for (const operation of operations) {
          request(transaction.objectStore(operation.table), operation);
        }
      } catch (error) {
        // A value that cannot be cloned throws here, with earlier operations already under way.
        transaction.abort();
        await completed.catch(() => undefined);
        throw error;
      }
      await completed;
    },
    close: async () => database.close(),
  };
}

type TransactionArguments = [mode: IDBTransactionMode, options?: IDBTransactionOptions];

function openDatabase(factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open("zeroth", VERSION);
    opening.onupgradeneeded = () => {
      for (const name of tableNames) {
        if (!opening.result.objectStoreNames.contains(name)) opening.result.createObjectStore(name);
      }
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(openFailure(opening.error));
    opening.onblocked = () =>
      reject(
        new ZerothError(
          "E-STORE-3",
          "Another tab holds this site's storage with an older version of Zeroth. Close that tab, then reload this page.",
        ),
      );
  });
}

function openFailure(error: DOMException | null): ZerothError {
  const message =
    error?.name === "VersionError"
      ? "This site's storage was written by a newer version of Zeroth. Reload the page to get that version; nothing was changed."
      : `The browser does not let this page keep data (${reasonIn(error)}). Runs would be lost when the tab closes: use a normal window and allow storage for this site.`;
  return new ZerothError("E-STORE-3", message, { cause: error });
}

function request(store: IDBObjectStore, operation: Operation): void {
  switch (operation.type) {
    case "put":
      store.put(compact(operation.value), operation.key);
      return;
    case "delete":
      store.delete(operation.key);
      return;
    case "deletePrefix": {
      const keys = range(operation.prefix);
      if (keys) store.delete(keys);
      else store.clear();
      return;
    }
    default:
      operation satisfies never;
  }
}

/** A view is cloned with the whole buffer under it, so a small piece of a large one is cut out. */
function compact(value: StoredValue): StoredValue {
  return isBytes(value) && value.byteLength !== value.buffer.byteLength ? value.slice() : value;
}

/**
 * Settles with the transaction. A request's own success means nothing: where the quota is reached
 * it comes first and the abort after it.
 */
function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(writeFailure(transaction.error));
  });
}

function writeFailure(error: DOMException | null): ZerothError {
  if (error?.name === "QuotaExceededError") {
    return new StorageFull(
      "The browser's storage for this site is full. What was saved before is intact; delete a run to make room.",
    );
  }
  return new ZerothError(
    "E-STORE-3",
    `The browser could not write to this site's storage (${reasonIn(error)}). What was saved before is intact.`,
    { cause: error },
  );
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () =>
      reject(
        new ZerothError(
          "E-STORE-3",
          `The browser could not read this site's storage (${reasonIn(request.error)}).`,
          { cause: request.error },
        ),
      );
  });
}

function checked(table: TableName, key: string, value: unknown): StoredValue {
  if (isBytes(value) || isStoredObject(value)) return value;
  throw new ZerothError(
    "E-STORE-3",
    `"${key}" in the table ${table} holds a ${typeof value}, which Zeroth never wrote.`,
  );
}

/** Every key that begins with `prefix`; undefined, which means all, for none. */
function range(prefix = ""): IDBKeyRange | undefined {
  if (prefix === "") return undefined;
  const last = prefix.charCodeAt(prefix.length - 1);
  const next = prefix.slice(0, -1) + String.fromCharCode(last + 1);
  return IDBKeyRange.bound(prefix, next, false, true);
}

function reasonIn(error: DOMException | null): string {
  return error ? `${error.name}: ${error.message}` : "no reason given";
}
