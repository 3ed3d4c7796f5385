import { type CachePlan, folderOf } from "./blobCache.ts";
import { bytesHere, type DownloadOptions, download, totalOf } from "./download.ts";
import type { Activity } from "./downloadFile.ts";
import { ConnectionLost, TooManyRequests } from "./request.ts";

/** Where a download stands, file by file. */
export interface DownloadStanding {
  readonly folder: string;
  readonly repo: string;
  readonly kind: "model" | "dataset";
  /** Bytes read back and checked, bytes loaded, none for a while, or a wait the hub or the machine asks for. */
  readonly state: Activity | "waiting" | "offline";
  readonly files: readonly {
    readonly path: string;
    readonly sizeBytes: number;
    readonly doneBytes: number;
  }[];
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null until there is something to tell. */
  readonly bytesPerSecond: number | null;
  /** ≈, at that rate. */
  readonly etaSeconds: number | null;
  /** While waiting: seconds until it goes on. */
  readonly waitSeconds: number | null;
}

export interface PatientOptions extends Omit<DownloadOptions, "onProgress"> {
  readonly repo: CachePlan;
  whenOnline(signal: AbortSignal): Promise<void>;
}

/** Standings are told at most this often. */
const TELL_MS = 200;
/** Where the hub says not how long; pages are not let to read that of every server. */
const USUAL_WAIT_S = 60;
/** A hub that asks to wait longer is left to the person. */
const LONGEST_WAIT_S = 600;
const MOST_WAITS = 5;

/**
 * As `download`, but waits where waiting helps: as long as the hub asks, and until there is a
 * connection again.
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

/** Turns the progress of one file after another into the standing of all, a few times a second. */
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
  /** What came too soon after the last telling is told a moment later, unless newer came meanwhile. */
  const tellLater = async (next: DownloadStanding) => {
    const isFirst = waiting === null;
    waiting = next;
    if (!isFirst) return;
    await sleep(TELL_MS, signal);
    if (waiting && !isOver && !signal.aborted) tell(waiting);
  };
  const progress: DownloadOptions["onProgress"] = ({ path, fileDone, activity, ...rest }) => {
    const file = files.find((one) => one.path === path);
    // What is being checked is here already, unless it turns out to be torn.
    if (file && activity === "loading") file.doneBytes = fileDone;
    const next = standing(activity, rest.bytesPerSecond, null);
    const isDue = now() - toldAt >= TELL_MS || fileDone === rest.fileTotal;
    // Silence is told at once: what was told last would go on standing there.
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
