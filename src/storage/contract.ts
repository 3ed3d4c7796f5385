import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Operation, Store, StoredValue, TableName } from "#run/store/store.ts";

/** How a test gets at a store, and at the same data again as the next start of the program would. */
export interface StoreUnderTest {
  readonly open: () => Promise<Store>;
  /** False for a store that ends with the program. */
  readonly lasts: boolean;
}

/** The behaviour every store has to show. `prepare` gives a place for one, empty each time. */
export function describeStore(name: string, prepare: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let place: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      place = await prepare();
      store = await place.open();
    });
    afterEach(() => store.close());
    const current = () => store;

    describeValues(current);
    describeKeys(current);
    describeTransactions(current);
    test("finds everything again when it is opened the next time", async () => {
      await store.transact([put("runs", "a", { step: 3 })], "strict");
      await store.transact([put("chunks", "a/0", Uint8Array.of(1, 2))], "relaxed");
      await store.close();
      store = await place.open();
      expect(await store.get("runs", "a")).toEqual(place.lasts ? { step: 3 } : undefined);
      expect(await store.keys("chunks")).toEqual(place.lasts ? ["a/0"] : []);
    });
  });
}

function describeValues(store: () => Store): void {
  test("gives back bytes and objects as they were put", async () => {
    const values: Record<string, StoredValue> = {
      bytes: Uint8Array.of(0, 255, 7),
      empty: new Uint8Array(0),
      object: { text: "é\n\u0000", list: [1, 2.5, null], deep: { isTrue: true } },
      blank: {},
    };
    await store().transact(Object.entries(values).map(([key, value]) => put("runs", key, value)));
    for (const [key, value] of Object.entries(values)) {
      expect(await store().get("runs", key)).toEqual(value);
    }
  });

  test("keeps numbers that are not finite", async () => {
    const value = { loss: Number.NaN, all: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] };
    await store().transact([put("evaluations", "a", value)]);
    expect(await store().get("evaluations", "a")).toEqual(value);
  });

  test("keeps a copy: neither what was put nor what was read is tied to it", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const object = { list: [1] };
    await store().transact([put("chunks", "b", bytes), put("runs", "o", object)]);
    bytes[0] = 9;
    object.list.push(2);
    const first = await store().get("chunks", "b");
    if (first instanceof Uint8Array) first[1] = 9;
    expect(await store().get("chunks", "b")).toEqual(Uint8Array.of(1, 2, 3));
    expect(await store().get("runs", "o")).toEqual({ list: [1] });
  });

  test("keeps only the bytes of a view, not the buffer under it", async () => {
    const view = new Uint8Array(1000).fill(5).subarray(10, 12);
    await store().transact([put("chunks", "v", view)]);
    const value = await store().get("chunks", "v");
    expect(value).toEqual(Uint8Array.of(5, 5));
    expect(value instanceof Uint8Array && value.buffer.byteLength).toBe(2);
  });

  test("knows nothing under a key that was never put", async () => {
    expect(await store().get("runs", "none")).toBeUndefined();
    expect(await store().keys("runs")).toEqual([]);
    expect(await store().entries("runs", "none")).toEqual([]);
  });

  test("replaces bytes by an object under the same key, and back", async () => {
    await store().transact([put("runs", "k", Uint8Array.of(1))]);
    await store().transact([put("runs", "k", { now: "object" })]);
    expect(await store().get("runs", "k")).toEqual({ now: "object" });
    await store().transact([put("runs", "k", Uint8Array.of(2))]);
    expect(await store().get("runs", "k")).toEqual(Uint8Array.of(2));
    expect(await store().keys("runs")).toEqual(["k"]);
  });
}

function describeKeys(store: () => Store): void {
  const names = [
    "b/1",
    "a/2",
    "a/10",
    "A/1",
    "a",
    "a0",
    "é/ü",
    "..",
    "con",
    "a b?*:\\",
    "a/",
    "%41",
  ];

  test("lists keys in the order of their code units, by prefix", async () => {
    await store().transact(names.map((key) => put("journal", key, {})));
    expect(await store().keys("journal")).toEqual([...names].sort());
    expect(await store().keys("journal", "a/")).toEqual(["a/", "a/10", "a/2"]);
    expect(await store().keys("journal", "é")).toEqual(["é/ü"]);
    expect(await store().keys("runs")).toEqual([]);
  });

  test("lists values with their keys", async () => {
    await store().transact([
      put("journal", "r/2", Uint8Array.of(2)),
      put("journal", "r/1", { n: 1 }),
      put("journal", "s/1", { n: 3 }),
    ]);
    expect(await store().entries("journal", "r/")).toEqual([
      ["r/1", { n: 1 }],
      ["r/2", Uint8Array.of(2)],
    ]);
    expect((await store().entries("journal")).length).toBe(3);
  });

  test("tells keys apart that differ only in capitals", async () => {
    await store().transact([put("runs", "Run", { n: 1 }), put("runs", "run", { n: 2 })]);
    expect(await store().get("runs", "Run")).toEqual({ n: 1 });
  });
}

function describeTransactions(store: () => Store): void {
  test("applies operations in their order", async () => {
    await store().transact([put("runs", "x/1", {}), put("runs", "y", {})]);
    await store().transact([
      put("runs", "x/2", {}),
      { type: "deletePrefix", table: "runs", prefix: "x/" },
      put("runs", "x/3", { kept: true }),
      { type: "delete", table: "runs", key: "y" },
      { type: "delete", table: "runs", key: "never there" },
    ]);
    expect(await store().keys("runs")).toEqual(["x/3"]);
    await store().transact([{ type: "deletePrefix", table: "runs", prefix: "" }]);
    expect(await store().keys("runs")).toEqual([]);
  });

  test("takes a transaction over several tables, and one with nothing in it", async () => {
    await store().transact([]);
    await store().transact([put("runs", "a", {}), put("models", "m", {})], "strict");
    expect([await store().keys("runs"), await store().keys("models")]).toEqual([["a"], ["m"]]);
  });

  test("keeps nothing of a transaction that cannot be carried out whole", async () => {
    await store().transact([put("runs", "a", { n: 1 })]);
    // Neither JSON nor a structured clone can hold itself, or a function.
    const circular: { self?: unknown; f: () => void } = { f: () => {} };
    circular.self = circular;
    const doomed = [put("runs", "a", { n: 2 }), put("runs", "b", {}), put("runs", "c", circular)];
    await expect(store().transact(doomed)).rejects.toThrow();
    expect(await store().entries("runs")).toEqual([["a", { n: 1 }]]);
    await store().transact([put("runs", "b", {})]);
    expect(await store().keys("runs")).toEqual(["a", "b"]);
  });

  test("carries out transactions begun at once one after another", async () => {
    const writes = Array.from({ length: 8 }, (_, i) =>
      store().transact([
        { type: "deletePrefix", table: "runs", prefix: "" },
        put("runs", `k${i}`, {}),
      ]),
    );
    await Promise.all(writes);
    expect(await store().keys("runs")).toEqual(["k7"]);
  });
}

function put(table: TableName, key: string, value: StoredValue): Operation {
  return { type: "put", table, key, value };
}
