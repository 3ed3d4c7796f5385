import { DeviceLost } from "#base/errors.ts";
import type { PlannedBuffer } from "./memory.ts";
import { usage } from "./memory.ts";
import { workDone } from "./wait.ts";

/** The result of a trial allocation. */
export interface Trial {
  /**
   * Bytes of the whole plan; or, if a buffer was refused, of those before it and of what could still be
   * allocated of that buffer, to 1/32 of its size.
   */
  readonly grantedBytes: number;
  /** The first buffer that the device refused. */
  readonly refused: PlannedBuffer | null;
}

/**
 * Allocates every buffer of a plan and frees them again, to learn whether they fit before anything large is
 * read.
 *
 * A size beyond all limits is a validation error and a merely large one out of memory; both are caught.
 *
 * @param isCleared clears the buffers, because drivers may grant memory that they reserve only when it is
 *   written
 * @throws DeviceLost
 */
export async function tryAllocation(
  device: GPUDevice,
  plan: readonly PlannedBuffer[],
  isCleared: boolean,
): Promise<Trial> {
  const made: GPUBuffer[] = [];
  let grantedBytes = 0;
  try {
    for (const buffer of plan) {
      if (!(await make(device, buffer, made))) {
        return { grantedBytes: grantedBytes + (await rest(device, buffer, made)), refused: buffer };
      }
      grantedBytes += buffer.sizeBytes;
    }
    const isWhole = !isCleared || (await isSound(device, () => clear(device, made)));
    return { grantedBytes, refused: isWhole ? null : (plan.at(-1) ?? null) };
  } finally {
    await free(device, made);
  }
}

/** Destroys buffers and waits for their memory: Dawn returns it to the driver with a later submit. */
async function free(device: GPUDevice, buffers: readonly GPUBuffer[]): Promise<void> {
  for (const buffer of buffers) buffer.destroy();
  device.queue.submit([]);
  await workDone(device);
}

function make(
  device: GPUDevice,
  { label, sizeBytes, extraUsage = 0 }: PlannedBuffer,
  made: GPUBuffer[],
): Promise<boolean> {
  return isSound(device, () => {
    const bits = usage.STORAGE | usage.COPY_SRC | usage.COPY_DST | extraUsage;
    made.push(device.createBuffer({ label: `trial ${label}`, size: sizeBytes, usage: bits }));
  });
}

/** Bytes that can be allocated of a refused buffer: a half, a quarter, and so on. */
async function rest(device: GPUDevice, refused: PlannedBuffer, made: GPUBuffer[]): Promise<number> {
  let granted = 0;
  for (const part of [2, 4, 8, 16, 32]) {
    const sizeBytes = Math.floor(refused.sizeBytes / part / 16) * 16;
    if (sizeBytes > 0 && (await make(device, { ...refused, sizeBytes }, made))) {
      granted += sizeBytes;
    }
  }
  return granted;
}

async function clear(device: GPUDevice, buffers: readonly GPUBuffer[]): Promise<void> {
  const encoder = device.createCommandEncoder({ label: "trial" });
  for (const buffer of buffers) encoder.clearBuffer(buffer);
  device.queue.submit([encoder.finish()]);
  await workDone(device);
}

/** Whether an action caused neither kind of error. Scopes are a stack, so both are closed at once. */
async function isSound(device: GPUDevice, act: () => void | Promise<void>): Promise<boolean> {
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const acting = act();
  const scopes = [device.popErrorScope(), device.popErrorScope()];
  try {
    await acting;
    return (await Promise.all(scopes)).every((error) => error === null);
  } catch (error) {
    throw new DeviceLost(`The GPU went away during a trial allocation (${String(error)}).`);
  }
}
