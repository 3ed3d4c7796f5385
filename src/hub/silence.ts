/** A clock. Waits, or ends early when the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** No byte for so long is told: what stands there of a rate is no longer true. */
export const QUIET_MS = 5_000;
/**
 * A connection that stands and brings nothing for so long is given up like one that breaks; the
 * system's own patience is minutes, or without end.
 */
export const SILENCE_MS = 30_000;

export interface Watch {
  /** Ends what is waited for: the signal of that request is this one's. */
  readonly cut: AbortController;
  /** Told once for each wait that lasts `QUIET_MS`. */
  readonly onQuiet?: (() => void) | undefined;
}

/**
 * What was waited for, unless it is cut for want of anything heard.
 *
 * Only the wait itself is watched: a reader that is busy writing to the disk is not a silent hub.
 */
export async function heard<T>(
  waiting: Promise<T>,
  { sleep }: { readonly sleep: Sleep },
  { cut, onQuiet }: Watch,
): Promise<T> {
  const over = new AbortController();
  const watching = (async () => {
    await sleep(QUIET_MS, over.signal);
    if (over.signal.aborted) return;
    onQuiet?.();
    await sleep(SILENCE_MS - QUIET_MS, over.signal);
    if (!over.signal.aborted) cut.abort();
  })();
  try {
    return await waiting;
  } finally {
    over.abort();
    await watching;
  }
}
