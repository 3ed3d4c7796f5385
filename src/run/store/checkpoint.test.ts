import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { memoryStore } from "#storage/memoryStore.ts";
import { gather, weightBytes, weights } from "../testing/runs.ts";
import {
  commitSnapshot,
  listSnapshots,
  newestSnapshot,
  readSnapshot,
  restoreSnapshot,
  writeParts,
  writeSnapshot,
} from "./checkpoint.ts";
import type { Store } from "./store.ts";

const createdAt = "2025-01-02T03:04:05.000Z";
const source = (step: number, ownerId = "run") => ({ ...weights(step), ownerId, createdAt });

let store: Store;
beforeEach(() => {
  store = memoryStore();
});

async function damage(key: string): Promise<void> {
  const value = await store.get("chunks", key);
  if (!(value instanceof Uint8Array)) throw new Error(`no ${key}`);
  value[0]! ^= 1;
  await store.transact([{ type: "put", table: "chunks", key, value }]);
}

describe("a snapshot", () => {
  test("reads back as it was written, in parts of one size whatever the pieces", async () => {
    const manifest = await writeSnapshot(store, source(3));
    expect(manifest.parts.map((part) => part.sizeBytes)).toEqual([
      150, 150, 150, 150, 150, 150, 100,
    ]);
    expect(await newestSnapshot(store, "run")).toEqual(manifest);
    expect(await gather(readSnapshot(store, manifest))).toEqual(weightBytes(3));
  });

  test("reads back from any pieces and any size of part", async () => {
    const cuts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 50 }), async (pieces, partBytes) => {
        const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        async function* copies() {
          for (const piece of pieces) yield piece.slice();
        }
        const manifest = await writeSnapshot(store, {
          ...source(1),
          pieces: copies(),
          partBytes,
          totalBytes: whole.length,
        });
        expect(await gather(readSnapshot(store, manifest))).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  test("is cut into parts of 8 MiB", async () => {
    const totalBytes = 8 * 1024 * 1024 + 5;
    async function* pieces() {
      yield new Uint8Array(totalBytes);
    }
    const { partBytes: _, ...whole } = source(1);
    const { parts } = await writeSnapshot(store, { ...whole, totalBytes, pieces: pieces() });
    expect(parts.map((part) => part.sizeBytes)).toEqual([8 * 1024 * 1024, 5]);
  });

  test("does not exist before its manifest is written", async () => {
    const manifest = await writeParts(store, source(3));
    expect(await newestSnapshot(store, "run")).toBeUndefined();
    await commitSnapshot(store, manifest);
    expect(await newestSnapshot(store, "run")).toEqual(manifest);
  });

  test("given other than its size of bytes is refused, and leaves nothing behind", async () => {
    await expect(writeSnapshot(store, { ...source(3), totalBytes: 999 })).rejects.toThrow(
      /999 bytes was given 1000/,
    );
    expect(await store.keys("chunks")).toEqual([]);
  });

  test("whose parts were cleared while it was written is not committed", async () => {
    const manifest = await writeParts(store, source(3));
    await store.transact([{ type: "deletePrefix", table: "chunks", prefix: "" }]);
    await expect(commitSnapshot(store, manifest)).rejects.toMatchObject({ code: "E-STORE-3" });
  });

  test("with a damaged part stops there and names it", async () => {
    const manifest = await writeSnapshot(store, source(8500));
    await damage(`${manifest.snapshotId}/000004`);
    await expect(gather(readSnapshot(store, manifest))).rejects.toMatchObject({
      code: "E-STORE-3",
      message: "The snapshot of step 8,500 is damaged: part 5 of 7 fails its checksum.",
    });
  });

  test("with a part cut short or missing says so", async () => {
    const manifest = await writeSnapshot(store, source(1));
    const key = `${manifest.snapshotId}/000006`;
    const value = Uint8Array.of(1);
    await store.transact([{ type: "put", table: "chunks", key, value }]);
    await expect(gather(readSnapshot(store, manifest))).rejects.toThrow(/part 7 of 7 has 1 of 100/);
    await store.transact([{ type: "delete", table: "chunks", key }]);
    await expect(gather(readSnapshot(store, manifest))).rejects.toThrow(/part 7 of 7 is missing/);
    expect(await newestSnapshot(store, "run")).toBeUndefined();
  });
});

describe("of the snapshots of a run", () => {
  test("the newest two are kept, with their parts and no others", async () => {
    for (const step of [10, 20, 30, 40]) await writeSnapshot(store, source(step));
    const { manifests } = await listSnapshots(store, "run");
    expect(manifests.map((manifest) => manifest.step)).toEqual([40, 30]);
    expect((await store.keys("chunks")).length).toBe(14);
  });

  test("another owner's are not touched", async () => {
    await writeSnapshot(store, source(0, "model"));
    for (const step of [10, 20, 30]) await writeSnapshot(store, source(step));
    expect((await newestSnapshot(store, "model"))?.step).toBe(0);
  });

  test("those of a later step go when the run goes back behind them", async () => {
    for (const step of [10, 20, 30, 15]) await writeSnapshot(store, source(step));
    const { manifests } = await listSnapshots(store, "run");
    expect(manifests.map((manifest) => manifest.step)).toEqual([15]);
  });

  test("one of the same step is replaced, and writing the same manifest twice harms nothing", async () => {
    await writeSnapshot(store, source(10));
    const again = await writeSnapshot(store, source(10));
    await commitSnapshot(store, again);
    expect((await store.keys("chunks")).length).toBe(7);
    expect(await gather(readSnapshot(store, again))).toEqual(weightBytes(10));
  });

  test("a damaged one does not count among the two, so the last good one stays", async () => {
    const first = await writeSnapshot(store, source(10));
    const second = await writeSnapshot(store, source(20));
    const key = `${second.snapshotId}/000000`;
    await store.transact([{ type: "delete", table: "chunks", key }]);
    await writeSnapshot(store, source(30));
    const { manifests } = await listSnapshots(store, "run");
    expect(manifests.map((manifest) => manifest.step)).toEqual([30, first.step]);
  });

  test("one with an unreadable or foreign manifest is reported and passed over", async () => {
    await writeSnapshot(store, source(10));
    await store.transact([
      { type: "put", table: "manifests", key: "run/00000020", value: { schemaVersion: 1 } },
      { type: "put", table: "manifests", key: "run/00000030", value: { schemaVersion: 2 } },
    ]);
    const { manifests, problems } = await listSnapshots(store, "run");
    expect(manifests.map((manifest) => manifest.step)).toEqual([10]);
    expect(problems[0]).toMatch(/Snapshot run\/00000020 is damaged/);
    expect(problems[1]).toMatch(/written by another version of Zeroth/);
  });
});

describe("restoring", () => {
  test("takes the snapshot before where the newest is damaged, and says so", async () => {
    await writeSnapshot(store, source(10));
    const newest = await writeSnapshot(store, source(20));
    await damage(`${newest.snapshotId}/000003`);
    const { manifests } = await listSnapshots(store, "run");
    let loaded = new Uint8Array(0);
    const { manifest, repairs } = await restoreSnapshot(store, manifests, async (_, pieces) => {
      loaded = await gather(pieces);
    });
    expect(manifest.step).toBe(10);
    expect(loaded).toEqual(weightBytes(10));
    expect(repairs).toEqual([expect.stringContaining("part 4 of 7 fails its checksum")]);
  });

  test("fails with every reason where nothing sound is left", async () => {
    const only = await writeSnapshot(store, source(10));
    await damage(`${only.snapshotId}/000000`);
    const restoring = restoreSnapshot(
      store,
      [only],
      async (_, pieces) => void (await gather(pieces)),
    );
    await expect(restoring).rejects.toThrow(/part 1 of 7.*Open the model's files again/);
  });

  test("does not hide a failure that is not the store's", async () => {
    const only = await writeSnapshot(store, source(10));
    const restoring = restoreSnapshot(store, [only], () => Promise.reject(new Error("GPU lost")));
    await expect(restoring).rejects.toThrow("GPU lost");
  });
});
