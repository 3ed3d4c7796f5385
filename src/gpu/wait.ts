import { DeviceLost, ZerothError } from "#base/errors.ts";

/**
 * Waits for the GPU that behave alike in every browser. Firefox polls its GPU every 100 ms and at each
 * submit, so while somebody waits there, an empty submit every millisecond brings a wait down to 1-4 ms
 * (Firefox 153, lavapipe; bug 1870699). And a lost device rejects with an error that differs by browser.
 */
const slowPolling = new WeakSet<GPUDevice>();

/** A wait for an idle GPU takes longer than this only where the browser polls. */
const IDLE_WAIT_MS = 50;
const NUDGE_MS = 1;

/** Finds out whether this browser polls. Call it once, before anything is submitted. */
export async function detectSlowPolling(device: GPUDevice): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const started = performance.now();
    await device.queue.onSubmittedWorkDone();
    if (performance.now() - started < IDLE_WAIT_MS) return;
  }
  slowPolling.add(device);
}

/**
 * Awaits something that the GPU has to deliver.
 *
 * @throws DeviceLost if the device is lost first; results of earlier work cannot be trusted then
 */
export async function awaitGpu<T>(device: GPUDevice, promise: Promise<T>): Promise<T> {
  let nudging: ReturnType<typeof setInterval> | undefined;
  if (slowPolling.has(device)) {
    nudging = setInterval(() => device.queue.submit([]), NUDGE_MS);
    // A promise of a lost device may never settle.
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

/** Resolves when all submitted work is done. @throws DeviceLost */
export async function workDone(device: GPUDevice): Promise<void> {
  await awaitGpu(device, device.queue.onSubmittedWorkDone());
}

/** @throws DeviceLost if the device is lost, so that what failed because of that is not blamed on something else */
export async function throwIfLost(device: GPUDevice): Promise<void> {
  const isThere = new Promise<null>((resolve) => setTimeout(resolve, 0, null));
  const lost = await Promise.race([device.lost, isThere]);
  if (lost) throw new DeviceLost(`The GPU went away before it was done (${lost.message}).`);
}
