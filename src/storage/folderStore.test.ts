import * as nodeFiles from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { StorageFull } from "#base/errors.ts";
import type { Operation, Store } from "#run/store/store.ts";
import { describeStore } from "./contract.ts";
import { type FileSystem, openFolderForReading, openFolderStore } from "./folderStore.ts";

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

/** Lets the action use a writer of the folder, which is closed afterwards. */
async function writing<T>(root: string, action: (store: Store) => Promise<T>, files?: FileSystem) {
  const store = await openFolderStore(root, files);
  try {
    return await action(store);
  } finally {
    await store.close();
  }
}

async function everything(store: Pick<Store, "entries">) {
  return JSON.stringify(
    await Promise.all([store.entries("runs"), store.entries("models"), store.entries("chunks")]),
  );
}

const reading = async (root: string) => everything(await openFolderForReading(root));

describe("the store in a folder", () => {
  for (const forEver of [true, false]) {
    test(`is before or after a transaction when the program ${forEver ? "ends" : "fails once"} at any file operation`, async () => {
      const calm = newPlace();
      const [stateBefore, stateAfter] = await writing(calm, async (store) => {
        await store.transact(before);
        const first = await everything(store);
        await store.transact(change);
        return [first, await everything(store)] as const;
      });

      const seen = new Set<string>();
      for (let at = 1, finished = false; !finished; at++) {
        const root = newPlace();
        await writing(root, (store) => store.transact(before));
        const files = failingFiles(at, forEver, "EIO");
        const failed = await writing(root, (shaky) => shaky.transact(change), files).catch(
          () => "failed",
        );
        finished = files.calls() < at;
        // A reader sees what the next writer finds, before that writer has changed anything.
        const found = await reading(root);
        expect([stateBefore, stateAfter]).toContain(found);
        if (failed === undefined) expect(found).toBe(stateAfter);
        expect(await writing(root, everything)).toBe(found);
        seen.add(found);

        await writing(root, (store) => store.transact(change));
        expect(await reading(root)).toBe(stateAfter);
        expect(await nodeFiles.readdir(join(root, "pending"))).toEqual([]);
      }
      expect(seen.size).toBe(2);
    });
  }

  test("continues after a failure without being opened again", async () => {
    const root = newPlace();
    await writing(root, async () => {});
    await writing(
      root,
      async (store) => {
        await expect(store.transact(before)).rejects.toThrow(/could not be written/);
        expect(await store.keys("chunks")).toEqual([]);
        await store.transact(before);
        expect(await store.keys("chunks")).toEqual(["Run/0", "Run/1"]);
      },
      failingFiles(4, false, "EIO"),
    );
  });

  test("reports a write as failed if one of its values vanished before it got its name", async () => {
    const files: FileSystem = {
      ...nodeFiles,
      rename: async (from, to) => {
        await nodeFiles.rename(from, to);
        const values = join(root, "pending");
        if (String(to) === join(root, "commit.json"))
          await nodeFiles.rm(values, { recursive: true });
      },
    };
    const root = newPlace();
    const write = writing(root, (store) => store.transact(before), files);
    await expect(write).rejects.toMatchObject({ code: "E-STORE-4" });
  });

  test("reports a full disk", async () => {
    const root = newPlace();
    await writing(root, async () => {});
    const full = writing(root, (store) => store.transact(before), failingFiles(2, true, "ENOSPC"));
    await expect(full).rejects.toThrow(StorageFull);
  });

  test("names the file that is damaged", async () => {
    const root = newPlace();
    await writing(root, (store) => store.transact(before));
    await nodeFiles.writeFile(join(root, "runs", "%0052un.json"), "{ broken");
    const store = await openFolderForReading(root);
    await expect(store.get("runs", "Run")).rejects.toThrow(/%0052un.json is damaged/);
  });

  test("ignores files it did not write", async () => {
    const root = newPlace();
    await writing(root, (store) => store.transact(before));
    await nodeFiles.writeFile(join(root, "runs", ".DS_Store"), "");
    await nodeFiles.writeFile(join(root, "runs", "notes.txt"), "");
    expect(await (await openFolderForReading(root)).keys("runs")).toEqual(["Run"]);
  });

  test("refuses a path that is a file", async () => {
    const file = join(base, "file");
    await nodeFiles.writeFile(file, "");
    await expect(openFolderStore(file)).rejects.toThrow(/cannot be used to keep runs/);
    await expect(openFolderForReading(file)).rejects.toMatchObject({ code: "E-STORE-4" });
  });

  test("opened for reading, changes no file and refuses to write", async () => {
    const root = newPlace();
    await writing(root, (store) => store.transact(before));
    await nodeFiles.writeFile(join(root, "pending", "left-over"), "x");
    const files = async () =>
      Promise.all(
        (await nodeFiles.readdir(root, { recursive: true })).sort().map(async (path) => {
          const { mtimeMs, size } = await nodeFiles.stat(join(root, path));
          return [path, mtimeMs, size];
        }),
      );
    const found = await files();
    const store = await openFolderForReading(root);
    await everything(store);
    await expect(store.transact(change)).rejects.toMatchObject({ code: "E-STORE-7" });
    await store.close();
    expect(await files()).toEqual(found);
  });

  test("reads a folder that an earlier version left between its list of changes and their end", async () => {
    const root = newPlace();
    await writing(root, (store) => store.transact(before));
    await nodeFiles.writeFile(join(root, "pending", "7-0"), '{"n":5}');
    // As written on Windows, with no id.
    const list = {
      renames: [["pending\\7-0", "runs\\%0052un.json"]],
      removals: ["chunks\\%0052un%002f0.bin"],
    };
    await nodeFiles.writeFile(join(root, "commit.json"), JSON.stringify(list));
    const expected = JSON.stringify([[["Run", { n: 5 }]], [], [["Run/1", Uint8Array.of(2)]]]);
    expect(await reading(root)).toBe(expected);
    expect(await writing(root, everything)).toBe(expected);
  });
});
