/**
 * Takes a Web Lock.
 *
 * @returns a function that lets go of it, whose promise settles once the lock is free for others; null
 *   if the lock is asked for `ifAvailable` and is not
 */
export function takeLock(
  locks: LockManager,
  name: string,
  options: LockOptions,
): Promise<(() => Promise<unknown>) | null> {
  return new Promise((resolve, reject) => {
    const request = locks.request(name, options, (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((free) =>
        resolve(() => {
          free();
          return request;
        }),
      );
    });
    request.catch(reject);
  });
}
