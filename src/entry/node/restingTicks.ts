/**
 * Lets Dawn rest while it waits for the GPU. Its binding asks for news with `setImmediate`, over and
 * over: a whole core for as long as anything is pending, which a software driver would rather have (the
 * GPU tests took half as long again). Short waits are asked about without pause, longer ones once a
 * millisecond.
 */
export function restDawn(): void {
  if (globalThis.setImmediate === restingImmediate) return;
  askAtOnce = globalThis.setImmediate;
  globalThis.setImmediate = restingImmediate;
}

const restlessMs = 2;
const sleepMs = 1;

let askAtOnce = globalThis.setImmediate;
let isAsking = false;
let waitingSince = 0;

/** As `setImmediate`, but what native code hands over may come later, and cannot be cleared then. */
const restingImmediate = Object.assign(
  <T extends unknown[]>(run: (...args: T) => void, ...args: T): NodeJS.Immediate => {
    if (!isNative(run)) return askAtOnce(run, ...args);
    // Asked from within an asking, the same wait goes on.
    if (!isAsking) waitingSince = performance.now();
    const ask = () => {
      isAsking = true;
      try {
        run(...args);
      } finally {
        isAsking = false;
      }
    };
    if (performance.now() - waitingSince < restlessMs) return askAtOnce(ask);
    setTimeout(ask, sleepMs);
    return never;
  },
  globalThis.setImmediate,
);

// What Dawn does not look at.
const never = globalThis.setImmediate(() => {});

function isNative(run: unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(run));
}
