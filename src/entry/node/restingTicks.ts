/**
 * Lets Dawn rest while it waits for the GPU. Its binding asks for news with `setImmediate`, over and over,
 * which takes a whole core for as long as anything is pending; a software driver needs that core itself.
 * Short waits are asked about without pause, longer ones once a millisecond.
 */
export function restDawn(): void {
  globalThis.setImmediate = restingImmediate;
}

const restlessMs = 2;
const sleepMs = 1;

const askAtOnce = globalThis.setImmediate;
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
  askAtOnce,
);

// What Dawn does not look at.
const never = askAtOnce(() => {});

function isNative(run: unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(run));
}
