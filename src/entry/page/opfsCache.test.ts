import { expect, test } from "vitest";
import type { BlobCache, CachedRepo } from "#hub/blobCache.ts";
import { memoryCache } from "#hub/memoryCache.ts";
import { openOpfsCache, type PrivateDirectory, type PrivateFile } from "./opfsCache.ts";

/** A private file system in memory, as strict as a browser's about names and locks. */
class FakeDirectory implements PrivateDirectory {
  readonly kind = "directory";
  readonly #children = new Map<string, FakeDirectory | FakeFile>();

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeDirectory> {
    const child = this.#child(name, create ? () => new FakeDirectory() : undefined);
    if (child instanceof FakeDirectory) return child;
    throw new DOMException(name, "TypeMismatchError");
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FakeFile> {
    const child = this.#child(name, create ? () => new FakeFile() : undefined);
    if (child instanceof FakeFile) return child;
    throw new DOMException(name, "TypeMismatchError");
  }

  async removeEntry(name: string): Promise<void> {
    this.#child(name, undefined);
    this.#children.delete(name);
  }

  async *entries(): AsyncGenerator<[string, FakeDirectory | FakeFile]> {
    yield* this.#children;
  }

  #child(name: string, make: (() => FakeDirectory | FakeFile) | undefined) {
    if (/[/\\]|^\.{0,2}$/.test(name)) throw new TypeError("Name is not allowed.");
    const child = this.#children.get(name) ?? make?.();
    if (!child) throw new DOMException(name, "NotFoundError");
    this.#children.set(name, child);
    return child;
  }
}

class FakeFile implements PrivateFile {
  readonly kind = "file";
  static roomBytes = Number.POSITIVE_INFINITY;
  #bytes = new Uint8Array(0);
  #isOpen = false;

  async getFile(): Promise<Blob> {
    return new Blob([this.#bytes]);
  }

  async createSyncAccessHandle() {
    if (this.#isOpen) throw new DOMException("", "NoModificationAllowedError");
    this.#isOpen = true;
    return {
      write: (bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }) => {
        if (at + bytes.length > FakeFile.roomBytes)
          throw new DOMException("", "QuotaExceededError");
        const grown = new Uint8Array(Math.max(this.#bytes.length, at + bytes.length));
        grown.set(this.#bytes);
        grown.set(bytes, at);
        this.#bytes = grown;
        return bytes.length;
      },
      truncate: (size: number) => {
        this.#bytes = this.#bytes.slice(0, size);
      },
      flush: () => {},
      close: () => {
        this.#isOpen = false;
      },
    };
  }
}

const caches: [string, () => BlobCache][] = [
  ["memory", () => memoryCache()],
  [
    "the browser's private file system",
    () => {
      const root = new FakeDirectory();
      return openOpfsCache(async () => root);
    },
  ],
];

const record: CachedRepo = {
  schemaVersion: 1,
  repo: "a/b",
  revision: "main",
  commit: "0".repeat(40),
  format: "pytorch",
  licence: { id: "mit", summary: "MIT", file: null },
  address: "x",
  files: [{ path: "w.bin", sizeBytes: 5, hash: { kind: "sha256", hex: "00" } }],
  savedAt: "2025-01-02T03:04:05.000Z",
};

async function write(cache: BlobCache, offset: number, ...bytes: number[]): Promise<void> {
  const writer = await cache.append("a--b@0", "w.bin", offset);
  await writer.write(Uint8Array.from(bytes));
  await writer.close();
}

test.each(caches)("%s: a file is continued from its end", async (_, open) => {
  const cache = open();
  expect(await cache.sizeOf("a--b@0", "w.bin")).toBe(0);
  await write(cache, 0, 1, 2, 3);
  await write(cache, 3, 4, 5);
  expect(await cache.sizeOf("a--b@0", "w.bin")).toBe(5);
  expect([...(await cache.read("a--b@0", "w.bin", 1, 4))]).toEqual([2, 3, 4]);
  await write(cache, 1, 9);
  expect([...(await cache.read("a--b@0", "w.bin", 0, 2))]).toEqual([1, 9]);
  expect(await cache.sizeOf("a--b@0", "w.bin")).toBe(2);
});

test.each(caches)("%s: a folder is a model once its record is written", async (_, open) => {
  const cache = open();
  expect(await cache.list()).toEqual([]);
  await write(cache, 0, 1, 2, 3);
  const unfinished = { folder: "a--b@0", record: null, plan: null, sizeBytes: 3 };
  expect(await cache.list()).toEqual([unfinished]);
  await cache.begin("a--b@0", record);
  expect(await cache.list()).toEqual([{ ...unfinished, plan: record }]);
  await cache.commit("a--b@0", record);
  expect(await cache.list()).toEqual([{ ...unfinished, record }]);
  await cache.delete("a--b@0");
  await cache.delete("a--b@0");
  expect(await cache.list()).toEqual([]);
});

test("a file that another tab writes is rejected with that reason", async () => {
  const root = new FakeDirectory();
  const cache = openOpfsCache(async () => root);
  const writer = await cache.append("m", "w.bin", 0);
  await expect(cache.append("m", "w.bin", 0)).rejects.toMatchObject({ code: "E-TAB-3" });
  await writer.close();
  await (await cache.append("m", "w.bin", 0)).close();
});

test("full storage is reported, and written data is kept", async () => {
  const root = new FakeDirectory();
  const cache = openOpfsCache(async () => root);
  await write(cache, 0, 1, 2, 3);
  FakeFile.roomBytes = 4;
  const writer = await cache.append("a--b@0", "w.bin", 3);
  await expect(writer.write(Uint8Array.of(4, 5))).rejects.toMatchObject({ code: "E-STORE-2" });
  await writer.close();
  FakeFile.roomBytes = Number.POSITIVE_INFINITY;
  expect(await cache.sizeOf("a--b@0", "w.bin")).toBe(3);
});

test("the file system type of browsers is accepted", () => {
  // Checked by the compiler; there is none in Node to call.
  expect(() => openOpfsCache(() => navigator.storage.getDirectory())).not.toThrow();
});

test("a record that a crash cut off is ignored", async () => {
  const root = new FakeDirectory();
  const cache = openOpfsCache(async () => root);
  await cache.commit("m", record);
  const folder = await (await root.getDirectoryHandle("models")).getDirectoryHandle("m");
  const handle = await (await folder.getFileHandle("record.json")).createSyncAccessHandle();
  handle.truncate(20);
  handle.close();
  expect((await cache.list())[0]?.record).toBeNull();
});
