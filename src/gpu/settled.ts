import { DeviceLost, ZerothError } from "#base/errors.ts";

/**
 * Waiting for a GPU, in the one way that holds everywhere. Firefox looks whether its GPU is done every
 * 100 ms, or when something is submitted: there, nothing is submitted every few milliseconds while
 * someone waits, and a wait takes 1 to 4 ms (Firefox 153, lavapipe; bug 1870699). And a GPU that goes
 * away refuses what is waited for with whatever error the browser has at hand.
 */
const rarelyLooking = new WeakSet<GPUDevice>();

/** A wait for a GPU that has nothing to do takes longer than this only where it is looked at by a timer. */
const IDLE_WAIT_MS = 50;
const NUDGE_MS = 1;

/** Finds out how this browser waits. To be called once, before anything is submitted. */
export async function watchWaits(device: GPUDevice): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const started = performance.now();
    await device.queue.onSubmittedWorkDone();
    if (performance.now() - started < IDLE_WAIT_MS) return;
  }
  rarelyLooking.add(device);
}

/**
 * What the GPU was asked for.
 *
 * @throws DeviceLost if the GPU goes away first: then nothing that came before can be trusted
 */
export async function settled<T>(device: GPUDevice, promise: Promise<T>): Promise<T> {
  let nudging: ReturnType<typeof setInterval> | undefined;
  if (rarelyLooking.has(device)) {
    nudging = setInterval(() => device.queue.submit([]), NUDGE_MS);
    // What waits for a GPU that is gone may never hear of it.
    void device.lost.then(() => clearInterval(nudging));
  }
  try {
    return await promise;
  } catch (error) {
    if (error instanceof ZerothError) throw error;
    throw new DeviceLost(`The GPU went away before it was done (${String(error)}).`);
  } finally {
    clearInterval(nudging);
  }
}

/** Resolves when all that was submitted is done. @throws DeviceLost */
export async function workDone(device: GPUDevice): Promise<void> {
  await settled(device, device.queue.onSubmittedWorkDone());
}

/** @throws DeviceLost if the GPU has gone away: then what went wrong went wrong for that */
export async function refuseLost(device: GPUDevice): Promise<void> {
  const isThere = new Promise<null>((resolve) => setTimeout(resolve, 0, null));
  const lost = await Promise.race([device.lost, isThere]);
  if (lost) throw new DeviceLost(`The GPU went away before it was done (${lost.message}).`);
}
