import { type BlobCache, type CachedRepo, type CachePlan, folderOf } from "./blobCache.ts";
import { type Activity, downloadFile } from "./downloadFile.ts";
import { startRate } from "./rate.ts";
import type { Hub } from "./request.ts";

/** Progress of a download. */
export interface DownloadProgress {
  /** The current file. */
  readonly path: string;
  /** Bytes of an earlier download are checked, bytes are loaded, or none has arrived for a while. */
  readonly activity: Activity;
  readonly fileDone: number;
  readonly fileTotal: number;
  /** Of all files. */
  readonly done: number;
  readonly total: number;
  /** Over the last seconds; null at the beginning. */
  readonly bytesPerSecond: number | null;
}

export interface DownloadOptions {
  readonly hub: Hub;
  readonly cache: BlobCache;
  readonly repo: CachePlan;
  /** Aborting pauses: what was loaded stays, and the next call continues from there. */
  readonly signal: AbortSignal;
  /** Milliseconds, any origin. */
  now(): number;
  date(): Date;
  /** Waits; resolves early when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  onProgress(progress: DownloadProgress): void;
}

/**
 * Downloads every file of a model into the cache and checks it against its published hash. Continues where an
 * earlier call stopped, also after a reload. The record is written last, so a model is in the cache whole or not
 * at all.
 *
 * @throws the signal's reason when aborted; as `request` if the hub fails; ZerothError E-FILE-3
 *   if a file does not match its hash (it is deleted, the others stay); StorageFull
 */
export async function download(options: DownloadOptions): Promise<CachedRepo> {
  const { cache, repo, signal, now, onProgress } = options;
  const folder = folderOf(repo);
  const record = recordOf(repo, options.date());
  await cache.begin(folder, record);
  const rate = startRate(now);
  const total = totalOf(repo);
  let before = 0;
  for (const file of repo.files) {
    signal.throwIfAborted();
    const { path, sizeBytes } = file;
    await downloadFile({ ...options, folder, file }, (activity, fileDone) => {
      const bytesPerSecond = activity === "loading" ? rate(before + fileDone) : null;
      const all = { done: before + fileDone, total };
      onProgress({ path, activity, fileDone, fileTotal: sizeBytes, ...all, bytesPerSecond });
    });
    before += sizeBytes;
  }
  const finished = recordOf(repo, options.date());
  await cache.commit(folder, finished);
  return finished;
}

/** Size of all files of a model or data set. */
export function totalOf({ files }: Pick<CachePlan, "files">): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Bytes of each file that are already in the cache. */
export async function bytesHere(cache: BlobCache, repo: CachePlan): Promise<readonly number[]> {
  const folder = folderOf(repo);
  return Promise.all(
    repo.files.map(async ({ path, sizeBytes }) =>
      Math.min(sizeBytes, await cache.sizeOf(folder, path)),
    ),
  );
}

function recordOf(repo: CachePlan, at: Date): CachedRepo {
  const { kind, part, revision, commit, format, licence, address, files } = repo;
  return {
    schemaVersion: 1,
    ...(kind === undefined ? {} : { kind }),
    ...(part === undefined ? {} : { part }),
    repo: repo.repo,
    revision,
    commit,
    format,
    licence,
    address,
    files,
    savedAt: at.toISOString(),
  };
}
