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

/** `quiet`: nothing has come for a while, or the connection is taken up again. */
export type Activity = "checking" | "loading" | "quiet";
export type OnBytes = (activity: Activity, fileDone: number) => void;

/** Waits between attempts that brought nothing; a byte more and it starts over. */
const PAUSES_MS = [500, 2000, 8000];
/** "Range Not Satisfiable". @see RFC 9110, 15.5.17 */
const RANGE_REFUSED = 416;
/** Read back at a time, to hash what an earlier visit left. */
const CHECK_BYTES = 4 * 1024 * 1024;

/**
 * One file, whole and matching its hash, in the cache. A connection that breaks or falls silent is
 * taken up again where it stopped, also after a server's error; a server that ignores or refuses
 * ranges makes it start over.
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
  /** Whether the hub has answered about it since it was begun or gone on with. */
  wasRead: boolean;
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
 * Whether the same question may be answered a moment later. A page cannot tell a mirror that lets no
 * page read from a connection reset once: what stands after the last pause is what is told.
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

/** One request for what is missing, written as it comes. */
async function loadRest(job: FileDownload, standing: Standing, onBytes: OnBytes): Promise<void> {
  const { hub, repo, file, signal, cache, folder } = job;
  const onQuiet = () => onBytes("quiet", standing.done);
  const answer = await requestFrom(job, standing, onQuiet);
  standing.wasRead = true;
  if (standing.done > 0 && answer.status !== 206) {
    // This server ignores ranges: everything comes again.
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
 * The file from a byte on. `bytes=a-` is a range a page may ask for without asking first; others
 * cause a preflight that some storage behind hubs does not answer.
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
    // Only where the server says that the range is no good: its answer to the question for all of it
    // overwrites what was loaded, which a failure that passes must not cost.
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
