import { ZerothError } from "#base/errors.ts";
import type { BlobCache, CachePlan } from "./blobCache.ts";
import { addressOf } from "./describeRepo.ts";
import { type FileHash, startHash } from "./fileHash.ts";
import { piecesOf } from "./hubJson.ts";
import type { RepoFile } from "./repoFile.ts";
import { ConnectionLost, type Hub, request } from "./request.ts";

export interface FileDownload {
  readonly hub: Hub;
  readonly cache: BlobCache;
  readonly repo: CachePlan;
  readonly folder: string;
  readonly file: RepoFile;
  readonly signal: AbortSignal;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export type OnBytes = (activity: "checking" | "loading", fileDone: number) => void;

/** Waits between attempts that brought nothing; a byte more and it starts over. */
const PAUSES_MS = [500, 2000, 8000];
/** Read back at a time, to hash what an earlier visit left. */
const CHECK_BYTES = 4 * 1024 * 1024;

/**
 * One file, whole and matching its hash, in the cache. A connection that breaks is taken up again
 * where it broke; a server that ignores ranges makes it start over.
 *
 * @throws as `download`
 */
export async function downloadFile(job: FileDownload, onBytes: OnBytes): Promise<void> {
  const { cache, folder, file } = job;
  const kept = Math.min(await cache.sizeOf(folder, file.path), file.sizeBytes);
  if (await fill(job, kept, onBytes)) return;
  // What was kept from before may have been torn by a crash; a fresh start costs only time.
  if (kept > 0 && (await fill(job, 0, onBytes))) return;
  await (await cache.append(folder, file.path, 0)).close();
  throw new ZerothError(
    "E-FILE-3",
    `${file.path} of ${job.repo.repo} does not match the checksum published for it ` +
      `(${file.hash.hex.slice(0, 12)}…). It was thrown away, the other files are kept. Try again; if ` +
      `this happens twice, something between here and the hub changes the file.`,
  );
}

/** Where a file stands: bytes in the cache and their hash so far. */
interface Standing {
  done: number;
  hash: FileHash;
}

/** Loads from byte `kept` on; false if the whole does not match its hash. */
async function fill(job: FileDownload, kept: number, onBytes: OnBytes): Promise<boolean> {
  const { file, signal } = job;
  const standing = await hashKept(job, kept, onBytes);
  let failures = 0;
  // An empty file must be made, too.
  let isFirst = true;
  while (standing.done < file.sizeBytes || (isFirst && kept === 0)) {
    isFirst = false;
    const before = standing.done;
    try {
      await loadRest(job, standing, onBytes);
    } catch (error) {
      if (!(error instanceof ConnectionLost) || signal.aborted) throw error;
      failures = standing.done > before ? 0 : failures + 1;
      const pause = PAUSES_MS[failures === 0 ? 0 : failures - 1];
      if (pause === undefined || !job.hub.isOnline()) throw error;
      await job.sleep(pause, signal);
      signal.throwIfAborted();
    }
  }
  return standing.hash.digest() === file.hash.hex;
}

async function hashKept(job: FileDownload, kept: number, onBytes: OnBytes): Promise<Standing> {
  const { cache, folder, file, signal } = job;
  const hash = startHash(file);
  for (let start = 0; start < kept; start += CHECK_BYTES) {
    signal.throwIfAborted();
    const end = Math.min(start + CHECK_BYTES, kept);
    hash.update(await cache.read(folder, file.path, start, end));
    onBytes("checking", end);
  }
  return { done: kept, hash };
}

/** One request for what is missing, written as it comes. */
async function loadRest(job: FileDownload, standing: Standing, onBytes: OnBytes): Promise<void> {
  const { hub, repo, file, signal, cache, folder } = job;
  const response = await requestFrom(job, standing.done);
  if (standing.done > 0 && response.status !== 206) {
    // This server ignores ranges: everything comes again.
    Object.assign(standing, { done: 0, hash: startHash(file) });
  }
  const writer = await cache.append(folder, file.path, standing.done);
  try {
    for await (const piece of explained(piecesOf(response), hub, repo.repo, signal)) {
      if (standing.done + piece.length > file.sizeBytes) throw tooLong(file, repo.repo);
      await writer.write(piece);
      standing.hash.update(piece);
      standing.done += piece.length;
      onBytes("loading", standing.done);
      signal.throwIfAborted();
    }
  } finally {
    await writer.close();
  }
  if (standing.done < file.sizeBytes) throw cutOff(hub, repo.repo);
}

/**
 * The file from a byte on. `bytes=a-` is a range a page may ask for without asking first; others
 * cause a preflight that some storage behind hubs does not answer.
 */
async function requestFrom(job: FileDownload, start: number): Promise<Response> {
  const { hub, repo, file, signal } = job;
  const url = addressOf(hub, repo, file.path);
  const what = `${file.path} of ${repo.repo}`;
  if (start === 0) return request(hub, url, { what, signal });
  try {
    const response = await request(hub, url, {
      what,
      signal,
      headers: { Range: `bytes=${start}-` },
    });
    const range = response.headers.get("Content-Range");
    if (response.status !== 206 || range === null || range.startsWith(`bytes ${start}-`)) {
      return response;
    }
    await response.body?.cancel();
  } catch (error) {
    // 416, or a preflight refused: ask for all of it.
    const isRangeTrouble =
      error instanceof ZerothError && (error.code === "E-NET-5" || error.code === "E-NET-6");
    if (!isRangeTrouble) throw error;
  }
  return request(hub, url, { what, signal });
}

/** A body that breaks off, as the error of this program. */
async function* explained(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  hub: Hub,
  repo: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await iterator.next().catch((cause: unknown) => {
        signal.throwIfAborted();
        throw cutOff(hub, repo, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

function cutOff(hub: Hub, repo: string, cause?: unknown): ConnectionLost {
  return new ConnectionLost(
    `The connection to ${hub.endpoint} broke while ${repo} was loading. What was loaded is kept; ` +
      `try again and it goes on from there.`,
    { cause },
  );
}

function tooLong(file: RepoFile, repo: string): ZerothError {
  return new ZerothError(
    "E-NET-5",
    `${file.path} of ${repo} is longer than the ${file.sizeBytes} bytes the hub announced. Try ` +
      `again later.`,
  );
}
