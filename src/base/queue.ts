/** Runs actions one after another: each starts when the one before has settled, even if it failed. */
export type Queue = <T>(action: () => Promise<T>) => Promise<T>;

export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (action) => {
    const next = last.then(action);
    last = next.catch(() => undefined);
    return next;
  };
}
