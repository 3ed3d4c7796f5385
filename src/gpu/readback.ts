import { errorOf } from "./gpuErrors.ts";
import { usage } from "./memory.ts";
import { awaitGpu } from "./wait.ts";

/** Copies GPU memory to the host through reused staging buffers. Nothing else maps buffers. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  #destroyed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Returns bytes [offset, offset + size) of a buffer, after all work submitted so far.
   *
   * @throws DeviceLost if the device is lost first; results of earlier work cannot be trusted then
   * @throws ZerothError E-GPU-8, E-MEM-1 if the GPU rejected earlier work
   */
  async read(buffer: GPUBuffer, offset: number, sizeBytes: number): Promise<ArrayBuffer> {
    const staging = this.#staging(sizeBytes);
    const encoder = this.#device.createCommandEncoder({ label: "readback" });
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, sizeBytes);
    this.#device.queue.submit([encoder.finish()]);
    const lost = await awaitGpu(this.#device, staging.mapAsync(MAP_MODE_READ, 0, sizeBytes)).then(
      () => null,
      (error: unknown) => error,
    );
    const failure = errorOf(this.#device) ?? lost;
    if (failure) {
      staging.destroy();
      throw failure;
    }
    const copy = staging.getMappedRange(0, sizeBytes).slice(0);
    staging.unmap();
    if (this.#destroyed) staging.destroy();
    else this.#idle.push(staging);
    return copy;
  }

  destroy(): void {
    this.#destroyed = true;
    for (const buffer of this.#idle) buffer.destroy();
  }

  #staging(sizeBytes: number): GPUBuffer {
    const fits = this.#idle.findIndex((buffer) => buffer.size >= sizeBytes);
    if (fits >= 0) return this.#idle.splice(fits, 1)[0]!;
    return this.#device.createBuffer({
      label: "staging",
      size: sizeBytes,
      usage: usage.MAP_READ | usage.COPY_DST,
    });
  }
}

const MAP_MODE_READ = 1;
