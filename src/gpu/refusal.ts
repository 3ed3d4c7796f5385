import { ZerothError } from "#base/errors.ts";

const watched = new WeakSet<GPUDevice>();
const refusals = new WeakMap<GPUDevice, ZerothError>();

/**
 * Gives a device up at the first work it refuses outside an error scope. WebGPU drops such work without
 * a word to whoever asked for it: buffers then hold zeros or what was there before, and a read-back
 * would hand them out as results. What was computed is lost with the device; nothing wrong is kept.
 */
export function watchForRefusals(device: GPUDevice): void {
  if (watched.has(device)) return;
  watched.add(device);
  device.addEventListener("uncapturederror", ({ error }) => {
    if (refusals.has(device)) return;
    refusals.set(device, refusalFor(error));
    // Not at once: Dawn tells of an error in the midst of the call that it is about.
    queueMicrotask(() => device.destroy());
  });
}

/** Why a device was given up, or null. */
export function refusalOf(device: GPUDevice): ZerothError | null {
  return refusals.get(device) ?? null;
}

function refusalFor(error: GPUError): ZerothError {
  const isMemory = error.constructor.name === "GPUOutOfMemoryError";
  // The first line says what; the others say in which call of which object.
  const [reason = ""] = error.message.split("\n");
  return new ZerothError(
    isMemory ? "E-MEM-1" : "E-GPU-5",
    `The GPU refused part of its work (${reason.replace(/\.\s*$/, "")}), so nothing it computed since ` +
      "then was kept. Try again; if that is refused too, take shorter texts, a smaller batch or " +
      "another browser.",
  );
}
