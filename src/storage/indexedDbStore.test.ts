import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { describe, expect, test, vi } from "vitest";
import { StorageFull } from "#base/errors.ts";
import { describeStore } from "./contract.ts";
import { openIndexedDbStore } from "./indexedDbStore.ts";

describeStore("the store in IndexedDB", async () => {
  const factory = new IDBFactory();
  return { open: () => openIndexedDbStore(factory), lasts: true };
});

function openDatabase(factory: IDBFactory, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open("zeroth", version);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

describe("the store in IndexedDB", () => {
  test("resolves a write when the transaction completes, with the durability asked for", async () => {
    const store = await openIndexedDbStore(new IDBFactory());
    const begin = vi.spyOn(IDBDatabase.prototype, "transaction");
    await store.transact([{ type: "put", table: "runs", key: "a", value: {} }], "strict");
    await store.transact([{ type: "delete", table: "journal", key: "a" }]);
    expect(begin.mock.calls).toEqual([
      [["runs"], "readwrite", { durability: "strict" }],
      [["journal"], "readwrite", { durability: "relaxed" }],
    ]);
    begin.mockRestore();
  });

  test("says that storage is full where the browser aborts for its quota after each put succeeded", async () => {
    const store = await openIndexedDbStore(new IDBFactory());
    await store.transact([{ type: "put", table: "runs", key: "a", value: { n: 1 } }]);
    const realPut = IDBObjectStore.prototype.put;
    const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (
      this: IDBObjectStore,
      value: unknown,
      key?: IDBValidKey,
    ) {
      const request = realPut.call(this, value, key);
      request.onsuccess = () => {
        const quota = new DOMException("no room", "QuotaExceededError");
        Object.defineProperty(this.transaction, "error", { value: quota });
        this.transaction.abort();
      };
      return request;
    });
    const full = store.transact([{ type: "put", table: "runs", key: "a", value: { n: 2 } }]);
    await expect(full).rejects.toThrow(StorageFull);
    put.mockRestore();
    expect(await store.get("runs", "a")).toEqual({ n: 1 });
  });

  test("lets go of the database for a newer version in another tab, and says so from then on", async () => {
    const factory = new IDBFactory();
    const store = await openIndexedDbStore(factory);
    (await openDatabase(factory, 9)).close();
    await expect(store.get("runs", "a")).rejects.toThrow(/newer version of Zeroth/);
    await expect(store.transact([{ type: "delete", table: "runs", key: "a" }])).rejects.toThrow(
      /stopped saving/,
    );
  });

  test("does not open data of a newer version, and says what to do", async () => {
    const factory = new IDBFactory();
    (await openDatabase(factory, 9)).close();
    await expect(openIndexedDbStore(factory)).rejects.toThrow(/Reload the page/);
  });

  test("keeps what an older version stored, and adds the tables that came since", async () => {
    const factory = new IDBFactory();
    await new Promise<void>((resolve) => {
      const opening = factory.open("zeroth", 1);
      opening.onupgradeneeded = () =>
        opening.result.createObjectStore("runs").put({ name: "old" }, "a");
      opening.onsuccess = () => {
        opening.result.close();
        resolve();
      };
    });
    const store = await openIndexedDbStore(factory);
    expect(await store.get("runs", "a")).toEqual({ name: "old" });
    expect(await store.keys("tunings")).toEqual([]);
  });

  test("refuses a value it never wrote", async () => {
    const factory = new IDBFactory();
    const store = await openIndexedDbStore(factory);
    const database = await openDatabase(factory);
    await new Promise((resolve) => {
      const transaction = database.transaction("runs", "readwrite");
      transaction.objectStore("runs").put("a bare string", "a");
      transaction.oncomplete = resolve;
    });
    await expect(store.get("runs", "a")).rejects.toThrow(/holds a string/);
  });
});
