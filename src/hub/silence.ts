/** Waits; resolves early when the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** After so long without a byte, silence is reported: the last rate no longer holds. */
export const QUIET_MS = 5_000;
/**
 * A connection without a byte for so long counts as broken. The system's own timeout is minutes, or none.
 */
export const SILENCE_MS = 30_000;

export interface Watch {
  /** Aborts the request that is waited for. */
  readonly cut: AbortController;
  /** Called once for each wait of `QUIET_MS`. */
  readonly onQuiet?: (() => void) | undefined;
}

/**
 * Waits for a promise of a request, and aborts the request after `SILENCE_MS`.
 *
 * Only the wait itself is timed: time spent writing to the disk does not count.
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
