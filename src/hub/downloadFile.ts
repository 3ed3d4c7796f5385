import { ZerothError } from "#base/errors.ts";
import type { BlobCache, CachePlan } from "./blobCache.ts";
import { addressOf } from "./describeRepo.ts";
import { type FileHash, startHash } from "./fileHash.ts";
import type { RepoFile } from "./repoFile.ts";
import {
  type Answer,
  brokenOff,
  ConnectionLost,
  type Hub,
  request,
  UnexpectedStatus,
  Unreadable,
} from "./request.ts";

export interface FileDownload {
  readonly hub: Hub;
  readonly cache: BlobCache;
  readonly repo: CachePlan;
  readonly folder: string;
  readonly file: RepoFile;
  readonly signal: AbortSignal;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** `quiet`: no byte has arrived for a while, or the connection is being opened again. */
export type Activity = "checking" | "loading" | "quiet";
export type OnBytes = (activity: Activity, fileDone: number) => void;

/** Waits between attempts. After an attempt that brought bytes, they start over. */
const PAUSES_MS = [500, 2000, 8000];
/** "Range Not Satisfiable". @see RFC 9110, 15.5.17 */
const RANGE_REFUSED = 416;
/** Read at a time, to hash what an earlier download left. */
const CHECK_BYTES = 4 * 1024 * 1024;

/**
 * Downloads one file into the cache and checks its hash. After a broken or silent connection or a server error,
 * continues from the last byte; with a server that ignores or refuses ranges, starts over.
 *
 * @throws as `download`
 */
export async function downloadFile(job: FileDownload, onBytes: OnBytes): Promise<void> {
  const { cache, folder, file } = job;
  const kept = Math.min(await cache.sizeOf(folder, file.path), file.sizeBytes);
  if (await fill(job, kept, onBytes)) return;
  // Bytes from before a crash may be damaged: download the file again.
  if (kept > 0 && (await fill(job, 0, onBytes))) return;
  await (await cache.append(folder, file.path, 0)).close();
  throw new ZerothError(
    "E-FILE-3",
    `${file.path} of ${job.repo.repo} does not match the checksum published for it ` +
      `(${file.hash.hex.slice(0, 12)}…). It was thrown away, the other files are kept. Try again; if ` +
      `this happens twice, something between here and the hub changes the file.`,
  );
}

/** Progress of a file: bytes in the cache and their hash so far. */
interface Standing {
  done: number;
  hash: FileHash;
  /** Whether the hub has answered a request for it in this download. */
  wasRead: boolean;
}

/** Loads the file from byte `kept`; false if it does not match its hash. */
async function fill(job: FileDownload, kept: number, onBytes: OnBytes): Promise<boolean> {
  const { file, signal } = job;
  const standing = await hashKept(job, kept, onBytes);
  let failures = 0;
  // An empty file must be created, too.
  let isFirst = true;
  while (standing.done < file.sizeBytes || (isFirst && kept === 0)) {
    isFirst = false;
    const before = standing.done;
    try {
      await loadRest(job, standing, onBytes);
    } catch (error) {
      if (!mayPass(error) || signal.aborted) throw error;
      failures = standing.done > before ? 0 : failures + 1;
      const pause = PAUSES_MS[failures === 0 ? 0 : failures - 1];
      if (pause === undefined || !job.hub.isOnline()) throw error;
      onBytes("quiet", standing.done);
      await job.sleep(pause, signal);
      signal.throwIfAborted();
    }
  }
  return standing.hash.digest() === file.hash.hex;
}

/**
 * Whether the same request may succeed a moment later. A page cannot distinguish a mirror without CORS from a
 * connection that was reset once, so the error after the last attempt is reported.
 */
function mayPass(error: unknown): boolean {
  if (error instanceof UnexpectedStatus) return error.status >= 500;
  return error instanceof ConnectionLost || error instanceof Unreadable;
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
  return { done: kept, hash, wasRead: false };
}

/** Requests the missing bytes and writes them as they arrive. */
async function loadRest(job: FileDownload, standing: Standing, onBytes: OnBytes): Promise<void> {
  const { hub, repo, file, signal, cache, folder } = job;
  const onQuiet = () => onBytes("quiet", standing.done);
  const answer = await requestFrom(job, standing, onQuiet);
  standing.wasRead = true;
  if (standing.done > 0 && answer.status !== 206) {
    // This server ignores ranges and sends the whole file.
    Object.assign(standing, { done: 0, hash: startHash(file) });
  }
  const writer = await cache.append(folder, file.path, standing.done);
  try {
    for await (const piece of answer.pieces) {
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
  if (standing.done < file.sizeBytes) throw brokenOff(hub, repo.repo);
}

/**
 * Requests a file from a byte to its end. `bytes=a-` is a range that needs no CORS preflight; some storage servers
 * behind hubs do not answer preflights.
 */
async function requestFrom(
  { hub, repo, file, signal }: FileDownload,
  { done: start, wasRead }: Standing,
  onQuiet: () => void,
): Promise<Answer> {
  const url = addressOf(hub, repo, file.path);
  const options = { what: `${file.path} of ${repo.repo}`, wasRead, signal, onQuiet };
  if (start === 0) return request(hub, url, options);
  try {
    const answer = await request(hub, url, { ...options, headers: { Range: `bytes=${start}-` } });
    const range = answer.headers.get("Content-Range");
    if (answer.status !== 206 || range === null || range.startsWith(`bytes ${start}-`)) {
      return answer;
    }
    await answer.cancel();
  } catch (error) {
    // Only if the server refuses the range: a request for the whole file overwrites what was loaded, which a
    // passing failure must not cost.
    if (!(error instanceof UnexpectedStatus && error.status === RANGE_REFUSED)) throw error;
  }
  return request(hub, url, options);
}

function tooLong(file: RepoFile, repo: string): ZerothError {
  return new ZerothError(
    "E-NET-5",
    `${file.path} of ${repo} is longer than the ${file.sizeBytes} bytes the hub announced. Try ` +
      `again later.`,
  );
}
