import * as nodeFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { StorageFull } from "#base/errors.ts";
import type { Operation } from "#run/store/store.ts";
import { describeStore } from "./contract.ts";
import { type FileSystem, openFolderStore } from "./folderStore.ts";

const base = await nodeFiles.mkdtemp(join(tmpdir(), "zeroth-store-"));
afterAll(() => nodeFiles.rm(base, { recursive: true }));
let places = 0;
const newPlace = () => join(base, String(places++), "runs");

describeStore("the store in a folder", async () => {
  const root = newPlace();
  return { open: () => openFolderStore(root), lasts: true };
});

/** The real file system until its N-th call, which fails, and either all after it or none. */
function failingFiles(
  at: number,
  forEver: boolean,
  code: string,
): FileSystem & { calls(): number } {
  let calls = 0;
  const step = () => {
    calls++;
    if (forEver ? calls >= at : calls === at) throw Object.assign(new Error(code), { code });
  };
  const watched = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      step();
      return call(...args);
    };
  };
  const open: FileSystem["open"] = async (...args) => {
    step();
    const file = await nodeFiles.open(...args);
    const { writeFile } = file;
    file.writeFile = async (data, options) => {
      // A crash in the middle of a write leaves half of it.
      const half = data instanceof Uint8Array ? data.subarray(0, data.length >> 1) : "{";
      await writeFile.call(file, calls + 1 === at ? half : data, options);
      step();
    };
    file.sync = watched(file.sync.bind(file));
    return file;
  };
  return {
    calls: () => calls,
    open,
    mkdir: nodeFiles.mkdir,
    readdir: nodeFiles.readdir,
    readFile: nodeFiles.readFile,
    rename: watched(nodeFiles.rename),
    rm: watched(nodeFiles.rm),
  };
}

const before: Operation[] = [
  { type: "put", table: "runs", key: "Run", value: { n: 1 } },
  { type: "put", table: "chunks", key: "Run/0", value: Uint8Array.of(1, 1, 1) },
  { type: "put", table: "chunks", key: "Run/1", value: Uint8Array.of(2) },
];
const change: Operation[] = [
  { type: "put", table: "runs", key: "Run", value: Uint8Array.of(7, 7, 7, 7) },
  { type: "put", table: "models", key: "m", value: { n: 3 } },
  { type: "deletePrefix", table: "chunks", prefix: "Run/" },
  { type: "put", table: "chunks", key: "Run/1", value: Uint8Array.of(9, 9) },
];

async function everything(root: string) {
  const store = await openFolderStore(root);
  return JSON.stringify(
    await Promise.all([store.entries("runs"), store.entries("models"), store.entries("chunks")]),
  );
}

describe("the store in a folder", () => {
  for (const forEver of [true, false]) {
    test(`is before or after a transaction when the program ${forEver ? "ends" : "fails once"} at any file operation`, async () => {
      const calm = newPlace();
      const store = await openFolderStore(calm);
      await store.transact(before);
      const stateBefore = await everything(calm);
      await store.transact(change);
      const stateAfter = await everything(calm);

      const seen = new Set<string>();
      for (let at = 1, finished = false; !finished; at++) {
        const root = newPlace();
        await (await openFolderStore(root)).transact(before);
        const files = failingFiles(at, forEver, "EIO");
        const failed = await openFolderStore(root, files).then(
          (shaky) => shaky.transact(change).catch(() => "failed"),
          () => "failed",
        );
        finished = files.calls() < at;
        const found = await everything(root);
        expect([stateBefore, stateAfter]).toContain(found);
        if (failed === undefined) expect(found).toBe(stateAfter);
        seen.add(found);

        await (await openFolderStore(root)).transact(change);
        expect(await everything(root)).toBe(stateAfter);
        const left = await nodeFiles.readdir(join(root, "pending"));
        expect(left).toEqual([]);
      }
      expect(seen.size).toBe(2);
    });
  }

  test("goes on after a failure without being opened again", async () => {
    const root = newPlace();
    await openFolderStore(root);
    const store = await openFolderStore(root, failingFiles(4, false, "EIO"));
    await expect(store.transact(before)).rejects.toThrow(/could not be written/);
    expect(await store.keys("chunks")).toEqual([]);
    await store.transact(before);
    expect(await store.keys("chunks")).toEqual(["Run/0", "Run/1"]);
  });

  test("says that storage is full where the disk is", async () => {
    const root = newPlace();
    await openFolderStore(root);
    const store = await openFolderStore(root, failingFiles(2, true, "ENOSPC"));
    await expect(store.transact(before)).rejects.toThrow(StorageFull);
  });

  test("names the file that is damaged", async () => {
    const root = newPlace();
    await (await openFolderStore(root)).transact(before);
    await nodeFiles.writeFile(join(root, "runs", "%0052un.json"), "{ broken");
    const store = await openFolderStore(root);
    await expect(store.get("runs", "Run")).rejects.toThrow(/%0052un.json is damaged/);
  });

  test("overlooks files it did not write", async () => {
    const root = newPlace();
    await (await openFolderStore(root)).transact(before);
    await nodeFiles.writeFile(join(root, "runs", ".DS_Store"), "");
    await nodeFiles.writeFile(join(root, "runs", "notes.txt"), "");
    expect(await (await openFolderStore(root)).keys("runs")).toEqual(["Run"]);
  });

  test("cannot be opened where a file stands, and says so", async () => {
    const file = join(base, "file");
    await nodeFiles.writeFile(file, "");
    await expect(openFolderStore(file)).rejects.toThrow(/cannot be used to keep runs/);
  });
});
