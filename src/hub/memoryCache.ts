import { StorageFull } from "#base/errors.ts";
import { type BlobCache, type CachedRepo, parseCachedRepo } from "./blobCache.ts";

/**
 * A cache in memory.
 *
 * @param limitBytes capacity, to test full storage
 */
export function memoryCache(limitBytes = Number.POSITIVE_INFINITY): BlobCache {
  const folders = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();
  const records = new Map<string, string>();
  const plans = new Map<string, string>();
  const bytesOf = (folder: string, path: string) =>
    folders.get(folder)?.get(path) ?? new Uint8Array(0);
  const put = (folder: string, path: string, bytes: Uint8Array<ArrayBuffer>) => {
    const files = folders.get(folder) ?? new Map<string, Uint8Array<ArrayBuffer>>();
    folders.set(folder, files.set(path, bytes));
  };
  const sizeOf = (folder: string) =>
    [...(folders.get(folder)?.values() ?? [])].reduce((sum, { length }) => sum + length, 0);
  const used = () => [...folders.keys()].reduce((sum, folder) => sum + sizeOf(folder), 0);
  return {
    sizeOf: async (folder, path) => bytesOf(folder, path).length,
    append: async (folder, path, offset) => {
      put(folder, path, bytesOf(folder, path).slice(0, offset));
      return {
        write: async (bytes) => {
          if (used() + bytes.length > limitBytes) throw new StorageFull("There is no room left.");
          put(folder, path, joined(bytesOf(folder, path), bytes));
        },
        close: async () => {},
      };
    },
    read: async (folder, path, start, end) => bytesOf(folder, path).slice(start, end),
    begin: async (folder, plan: CachedRepo) => {
      plans.set(folder, JSON.stringify(plan));
      folders.set(folder, folders.get(folder) ?? new Map());
    },
    commit: async (folder, record: CachedRepo) => {
      records.set(folder, JSON.stringify(record));
      plans.delete(folder);
    },
    list: async () =>
      [...folders.keys()].map((folder) => ({
        folder,
        record: parseCachedRepo(records.get(folder) ?? ""),
        plan: parseCachedRepo(plans.get(folder) ?? ""),
        sizeBytes: sizeOf(folder),
      })),
    delete: async (folder) => {
      records.delete(folder);
      plans.delete(folder);
      folders.delete(folder);
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
