import { DeviceLost } from "#base/errors.ts";
import type { PlannedBuffer } from "./memory.ts";
import { usage } from "./memory.ts";
import { workDone } from "./wait.ts";

/** What a device gave of what was planned. */
export interface Trial {
  /**
   * All of the plan; or, where a buffer was refused, what was given before it and what of its size
   * could still be had, to a part in 32.
   */
  readonly grantedBytes: number;
  /** The first buffer the device would not make. */
  readonly refused: PlannedBuffer | null;
}

/**
 * Makes every buffer of a plan for a moment, to learn whether the device has room for it before
 * anything large is read. Nothing is kept.
 *
 * An absurd size is a validation error and a large one out of memory, so both are caught. Buffers are
 * cleared where `isCleared`, since drivers may promise memory that they find only when it is written.
 *
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
    for (const buffer of made) buffer.destroy();
  }
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

/** What can be had of a buffer that was refused: its half, a quarter, and so on. */
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

/** Whether an action raised neither kind of error. Scopes are a stack: both are closed at once. */
async function isSound(device: GPUDevice, act: () => void | Promise<void>): Promise<boolean> {
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const acting = act();
  const scopes = [device.popErrorScope(), device.popErrorScope()];
  try {
    await acting;
    return (await Promise.all(scopes)).every((error) => error === null);
  } catch (error) {
    throw new DeviceLost(`The GPU went away while its memory was being tried (${String(error)}).`);
  }
}
