import { type CachePlan, folderOf } from "./blobCache.ts";
import { bytesHere, type DownloadOptions, download, totalOf } from "./download.ts";
import type { Activity } from "./downloadFile.ts";
import { ConnectionLost, TooManyRequests } from "./request.ts";

/** Progress of a download, file by file. */
export interface DownloadStanding {
  readonly folder: string;
  readonly repo: string;
  readonly kind: "model" | "dataset";
  /** Checking, loading, no byte for a while, or waiting because of the hub or a missing connection. */
  readonly state: Activity | "waiting" | "offline";
  readonly files: readonly {
    readonly path: string;
    readonly sizeBytes: number;
    readonly doneBytes: number;
  }[];
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null at the beginning. */
  readonly bytesPerSecond: number | null;
  /** Estimated from that rate. */
  readonly etaSeconds: number | null;
  /** While waiting: seconds until the download continues. */
  readonly waitSeconds: number | null;
}

export interface PatientOptions extends Omit<DownloadOptions, "onProgress"> {
  readonly repo: CachePlan;
  whenOnline(signal: AbortSignal): Promise<void>;
}

/** Progress is reported at most this often. */
const TELL_MS = 200;
/** If the hub does not say how long; pages may not read this header of every server. */
const USUAL_WAIT_S = 60;
/** If the hub asks for a longer wait, the download ends with its message. */
const LONGEST_WAIT_S = 600;
const MOST_WAITS = 5;

/**
 * As `download`, but waits as long as the hub asks, and until there is a connection again.
 *
 * @throws as `download`
 */
export async function patientDownload(
  options: PatientOptions,
  onStanding: (standing: DownloadStanding) => void,
): Promise<void> {
  const tell = await startTelling(options, onStanding);
  try {
    await persist(options, tell);
  } finally {
    tell.end();
  }
}

async function persist(
  options: PatientOptions,
  tell: Awaited<ReturnType<typeof startTelling>>,
): Promise<void> {
  const { signal } = options;
  let waits = 0;
  for (;;) {
    try {
      await download({ ...options, onProgress: tell.progress });
      return;
    } catch (error) {
      const isBusy = error instanceof TooManyRequests;
      const seconds = (isBusy && error.retryAfterSeconds) || USUAL_WAIT_S;
      if (isBusy && seconds <= LONGEST_WAIT_S && ++waits <= MOST_WAITS) {
        await countDown(options, seconds, (left) => tell.state("waiting", left));
      } else if (error instanceof ConnectionLost && !options.hub.isOnline()) {
        tell.state("offline", null);
        await options.whenOnline(signal);
      } else throw error;
      signal.throwIfAborted();
    }
  }
}

async function countDown(
  { signal, sleep }: PatientOptions,
  seconds: number,
  tell: (left: number) => void,
): Promise<void> {
  for (let left = seconds; left > 0 && !signal.aborted; left--) {
    tell(left);
    await sleep(1000, signal);
  }
}

/** Turns the progress of single files into the progress of all, a few times per second. */
async function startTelling(
  { repo, cache, now, sleep, signal }: PatientOptions,
  onStanding: (standing: DownloadStanding) => void,
) {
  const here = await bytesHere(cache, repo);
  const files = repo.files.map(({ path, sizeBytes }, i) => ({
    path,
    sizeBytes,
    doneBytes: here[i] ?? 0,
  }));
  const totalBytes = totalOf(repo);
  let toldAt = Number.NEGATIVE_INFINITY;
  const standing = (
    state: DownloadStanding["state"],
    bytesPerSecond: number | null,
    waitSeconds: number | null,
  ): DownloadStanding => {
    const doneBytes = files.reduce((sum, file) => sum + file.doneBytes, 0);
    const left = totalBytes - doneBytes;
    return {
      folder: folderOf(repo),
      repo: repo.repo,
      kind: repo.kind ?? "model",
      state,
      files: files.map((file) => ({ ...file })),
      doneBytes,
      totalBytes,
      bytesPerSecond,
      etaSeconds: bytesPerSecond ? left / bytesPerSecond : null,
      waitSeconds,
    };
  };
  onStanding(standing("loading", null, null));
  let waiting: DownloadStanding | null = null;
  let isOver = false;
  const tell = (next: DownloadStanding) => {
    waiting = null;
    toldAt = now();
    onStanding(next);
  };
  /** A report too soon after the last one is sent a moment later, unless a newer one replaces it. */
  const tellLater = async (next: DownloadStanding) => {
    const isFirst = waiting === null;
    waiting = next;
    if (!isFirst) return;
    await sleep(TELL_MS, signal);
    if (waiting && !isOver && !signal.aborted) tell(waiting);
  };
  const progress: DownloadOptions["onProgress"] = ({ path, fileDone, activity, ...rest }) => {
    const file = files.find((one) => one.path === path);
    // Bytes that are being checked were loaded before, unless the check fails.
    if (file && activity === "loading") file.doneBytes = fileDone;
    const next = standing(activity, rest.bytesPerSecond, null);
    const isDue = now() - toldAt >= TELL_MS || fileDone === rest.fileTotal;
    // Silence is reported at once; otherwise the last rate would stay on screen.
    if (isDue || activity === "quiet") tell(next);
    else void tellLater(next);
  };
  const state = (name: "waiting" | "offline", waitSeconds: number | null) =>
    tell(standing(name, null, waitSeconds));
  const end = () => {
    isOver = true;
  };
  return { progress, state, end };
}
