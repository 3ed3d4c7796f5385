/**
 * Keeps Dawn from using a whole core while it waits for the GPU. Its binding polls with `setImmediate` for as
 * long as anything is pending, and a software driver needs that core itself. Short waits are polled without
 * pause, longer ones once a millisecond.
 */
export function throttleDawn(): void {
  globalThis.setImmediate = throttledImmediate;
}

const unthrottledMs = 2;
const sleepMs = 1;

const originalImmediate = globalThis.setImmediate;
let isPolling = false;
let waitingSince = 0;

/** As `setImmediate`, but callbacks of native code may run later, and cannot be cleared then. */
const throttledImmediate = Object.assign(
  <T extends unknown[]>(run: (...args: T) => void, ...args: T): NodeJS.Immediate => {
    if (!isNative(run)) return originalImmediate(run, ...args);
    // A callback that is queued from within a callback belongs to the same wait.
    if (!isPolling) waitingSince = performance.now();
    const poll = () => {
      isPolling = true;
      try {
        run(...args);
      } finally {
        isPolling = false;
      }
    };
    if (performance.now() - waitingSince < unthrottledMs) return originalImmediate(poll);
    setTimeout(poll, sleepMs);
    return never;
  },
  originalImmediate,
);

// Dawn ignores the returned handle.
const never = originalImmediate(() => {});

function isNative(run: unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(run));
}
