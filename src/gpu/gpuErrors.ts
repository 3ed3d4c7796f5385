import { ZerothError } from "#base/errors.ts";

/** The first error of each watched device, or null. */
const errors = new WeakMap<GPUDevice, ZerothError | null>();

/**
 * Destroys a device at its first error outside an error scope. WebGPU drops the work that caused the error
 * and reports it only in an event: buffers then hold zeros or old values, and a read-back would return them
 * as results. A lost device makes every later read-back fail instead. Watching a device twice has no effect.
 */
export function destroyOnError(device: GPUDevice): void {
  if (errors.has(device)) return;
  errors.set(device, null);
  device.addEventListener("uncapturederror", ({ error }) => {
    if (errors.get(device)) return;
    errors.set(device, toZerothError(error));
    // Later, because Dawn reports an error during the call that caused it.
    queueMicrotask(() => device.destroy());
  });
}

/** The error that a device was destroyed for, or null. */
export function errorOf(device: GPUDevice): ZerothError | null {
  return errors.get(device) ?? null;
}

function toZerothError(error: GPUError): ZerothError {
  const isMemory = error.constructor.name === "GPUOutOfMemoryError";
  // The first line is the reason, the others name the call and its object.
  const [reason = ""] = error.message.split("\n");
  return new ZerothError(
    isMemory ? "E-MEM-1" : "E-GPU-8",
    `The GPU rejected part of its work (${reason.replace(/\.\s*$/, "")}), so nothing it computed after ` +
      "that was kept. Try again. If it is rejected again, use shorter texts, a smaller batch or another " +
      "browser.",
  );
}
