import { z } from "#base/schema.ts";
import type { ByteSource } from "#data/formats/byteSource.ts";
import type { Licence } from "./knownModels.ts";
import type { RepoFile, RepoKind } from "./repoFile.ts";

/**
 * Storage of downloads: one folder per model and commit. A folder is a complete model once it has a record;
 * until then it is an unfinished download.
 */
export interface BlobCache {
  /** Bytes of a file, finished or not; 0 if there is none. */
  sizeOf(folder: string, path: string): Promise<number>;
  /**
   * Opens a file for writing at `offset`; bytes after it are dropped. One writer at a time.
   *
   * @throws ZerothError E-TAB-3 if another tab writes it; StorageFull
   */
  append(folder: string, path: string, offset: number): Promise<BlobWriter>;
  read(folder: string, path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Saves the plan of a download, so that it can continue after a reload. */
  begin(folder: string, plan: CachedRepo): Promise<void>;
  /** Written last, after every file is closed; marks the folder as complete and removes the plan. */
  commit(folder: string, record: CachedRepo): Promise<void>;
  list(): Promise<readonly CacheEntry[]>;
  /** Removes the record first, then the files. No error if there is nothing. */
  delete(folder: string): Promise<void>;
}

export interface BlobWriter {
  /** @throws StorageFull; what was written before is kept */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Flushes and releases the file. */
  close(): Promise<void>;
}

/** Stored beside the files of a model or data set, so that it opens without a connection. */
export interface CachedRepo {
  readonly schemaVersion: 1;
  /** Default: a model. */
  readonly kind?: RepoKind;
  /** Of a data set, the configuration. */
  readonly part?: string;
  readonly repo: string;
  readonly revision: string;
  readonly commit: string;
  readonly format: "safetensors" | "pytorch" | "parquet";
  readonly licence: Licence;
  /** The address of its page. */
  readonly address: string;
  readonly files: readonly RepoFile[];
  /** ISO 8601, UTC. */
  readonly savedAt: string;
}

/** A record without its date: what a download will fetch. */
export type CachePlan = Omit<CachedRepo, "schemaVersion" | "savedAt">;

export interface CacheEntry {
  readonly folder: string;
  /** Null while the download is not finished, or if the record is damaged. */
  readonly record: CachedRepo | null;
  /** The plan of an unfinished download; the newest if there were several. */
  readonly plan: CachedRepo | null;
  /** Size of all files in the folder. */
  readonly sizeBytes: number;
}

/** The folder name of a model at a commit, always the same, so that a download continues. */
export function folderOf({
  kind,
  part,
  repo,
  commit,
}: Pick<CachedRepo, "kind" | "part" | "repo" | "commit">): string {
  const owner = kind === "dataset" ? "datasets--" : "";
  return `${owner}${repo.replace("/", "--")}@${commit}${part === undefined ? "" : `~${part}`}`;
}

/** The files of a downloaded model or data set, as `openModelFiles` takes them. */
export function cachedFiles(cache: BlobCache, record: CachedRepo): readonly ByteSource[] {
  const folder = folderOf(record);
  return record.files.map(({ path, sizeBytes }) => ({
    name: path,
    sizeBytes,
    read: (start, end) => cache.read(folder, path, start, end),
  }));
}

/** The complete downloaded model of that name; of several commits the one saved last. */
export async function findCached(
  cache: BlobCache,
  { repo, revision }: Pick<CachedRepo, "repo" | "revision">,
): Promise<CachedRepo | undefined> {
  const records = (await cache.list()).flatMap(({ record }) => record ?? []);
  return records
    .filter((record) => record.repo === repo)
    .filter((record) => record.revision === revision || record.commit === revision)
    .sort((a, b) => (a.savedAt < b.savedAt ? 1 : -1))[0];
}

const record: z.ZodType<CachedRepo> = z.looseObject({
  schemaVersion: z.literal(1),
  kind: z.enum(["model", "dataset"]).exactOptional(),
  part: z.string().exactOptional(),
  repo: z.string(),
  revision: z.string(),
  commit: z.string(),
  format: z.enum(["safetensors", "pytorch", "parquet"]),
  licence: z.object({ id: z.string(), summary: z.string(), file: z.string().nullable() }),
  address: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      sizeBytes: z.int().min(0),
      hash: z.object({ kind: z.enum(["sha256", "git-sha1"]), hex: z.string() }),
    }),
  ),
  savedAt: z.string(),
});

/** Parses a record; null if the text is not one. */
export function parseCachedRepo(text: string): CachedRepo | null {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
