import { z } from "#base/schema.ts";
import type { ByteSource } from "#data/formats/byteSource.ts";
import type { Licence } from "./knownModels.ts";
import type { RepoFile, RepoKind } from "./repoFile.ts";

/**
 * Where downloads lie: files in folders, one folder a model at a commit. A folder counts as a model
 * only once its record is there; until then it is a download to go on with.
 */
export interface BlobCache {
  /** Bytes of a file, finished or not; 0 where there is none. */
  sizeOf(folder: string, path: string): Promise<number>;
  /**
   * Opens a file to write on from `offset`; what lay beyond is dropped. One writer at a time.
   *
   * @throws ZerothError E-TAB-3 if another tab writes it; StorageFull
   */
  append(folder: string, path: string, offset: number): Promise<BlobWriter>;
  read(folder: string, path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Notes what a download is to become, so that it can go on after a reload. */
  begin(folder: string, plan: CachedRepo): Promise<void>;
  /** Written last, after every file is closed: from then on the folder is whole. Ends the plan. */
  commit(folder: string, record: CachedRepo): Promise<void>;
  list(): Promise<readonly CacheEntry[]>;
  /** Removes the record first, then the files. No error where there is nothing. */
  delete(folder: string): Promise<void>;
}

export interface BlobWriter {
  /** @throws StorageFull; what was written before is kept */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Flushes; afterwards another may write. */
  close(): Promise<void>;
}

/** What is kept of a model or data set beside its files: enough to open it without a connection. */
export interface CachedRepo {
  readonly schemaVersion: 1;
  /** A model where it is left out. */
  readonly kind?: RepoKind;
  /** Of a data set: which of its configurations. */
  readonly part?: string;
  readonly repo: string;
  readonly revision: string;
  readonly commit: string;
  readonly format: "safetensors" | "pytorch" | "parquet";
  readonly licence: Licence;
  /** Its page, for people. */
  readonly address: string;
  readonly files: readonly RepoFile[];
  /** ISO 8601, UTC. */
  readonly savedAt: string;
}

/** What is downloaded: everything but when that was. */
export type CachePlan = Omit<CachedRepo, "schemaVersion" | "savedAt">;

export interface CacheEntry {
  readonly folder: string;
  /** Null while the download is not finished, or where the record is damaged. */
  readonly record: CachedRepo | null;
  /** What a download that is not finished is to become; the newest one where there were several. */
  readonly plan: CachedRepo | null;
  /** Of all files in the folder. */
  readonly sizeBytes: number;
}

/** The folder of a model at a commit: the same name every time, so that a download goes on. */
export function folderOf({
  kind,
  part,
  repo,
  commit,
}: Pick<CachedRepo, "kind" | "part" | "repo" | "commit">): string {
  const owner = kind === "dataset" ? "datasets--" : "";
  return `${owner}${repo.replace("/", "--")}@${commit}${part === undefined ? "" : `~${part}`}`;
}

/** The files of a model that is here, as `openCheckpoint` takes them; or of a data set. */
export function cachedFiles(cache: BlobCache, record: CachedRepo): readonly ByteSource[] {
  const folder = folderOf(record);
  return record.files.map(({ path, sizeBytes }) => ({
    name: path,
    sizeBytes,
    read: (start, end) => cache.read(folder, path, start, end),
  }));
}

/** The model of that name that is here whole; of several commits the one saved last. */
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

/** A record as it was written, or null if the text is not one. */
export function parseCachedRepo(text: string): CachedRepo | null {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
