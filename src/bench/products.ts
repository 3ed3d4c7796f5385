import type { Device } from "#gpu/device.ts";
import { compileKernel } from "#gpu/kernel.ts";
import type { Memory } from "#gpu/memory.ts";
import type { LinearCard } from "#model/linearKernels.ts";
import type { LinearKernel } from "#model/products.ts";
import {
  linearBench,
  type ProductBuffers,
  type ProductSize,
  productBuffers,
} from "#session/linearBench.ts";
import { noise } from "#zo/noise.ts";
import { readShaders } from "../entry/node/gpu.ts";
import type { Clock } from "./processorTime.ts";

/** The kernels of these cards that this device can run. */
export function compileLinears(
  device: Device,
  cards: readonly LinearCard[],
): Promise<readonly LinearKernel[]> {
  const sources = readShaders();
  const usable = cards.filter(({ features }) =>
    features.every((feature) => device.device.features.has(feature)),
  );
  return Promise.all(
    usable.map(async (card) => ({ ...(await compileKernel(device.device, sources, card)), card })),
  );
}

/** True where a kernel can make a product of that size. */
export function suits({ card }: LinearKernel, { inner }: ProductSize): boolean {
  return inner % card.innerMultiple === 0;
}

/** Floating-point operations of a product. */
export function operationsOf({ rows, inner, outer }: ProductSize): number {
  return 2 * rows * inner * outer;
}

/** A product to be timed: `measure` gives one repetition's GFLOP/s. */
export interface Timed {
  readonly card: LinearCard;
  readonly measure: () => Promise<number>;
}

/** Repetitions last at least this long, so that submitting and waiting do not count. */
const LEAST_MS = 20;

/** Warms a kernel up on a product. */
export async function timedProduct(
  device: Device,
  memory: Memory,
  kernel: LinearKernel,
  size: ProductSize,
  clock: Clock,
  buffers: ProductBuffers,
): Promise<Timed> {
  const bench = linearBench(device, memory, kernel, size, buffers);
  const run = async (times: number) => {
    const started = clock.now();
    bench.run(times);
    await device.device.queue.onSubmittedWorkDone();
    return clock.now() - started;
  };
  await run(1);
  const once = Math.max(await run(1), 0.05);
  const times = Math.max(1, Math.ceil(LEAST_MS / once));
  return {
    card: kernel.card,
    measure: async () => (operationsOf(size) * times) / (await run(times)) / 1e6,
  };
}

/** Room for a product, with numbers in it: some hardware multiplies zeros with less power. */
export function filledBuffers(
  { device }: Device,
  memory: Memory,
  size: ProductSize,
): ProductBuffers {
  const buffers = productBuffers(memory, size);
  const values = noise("binomial", 5, { step: 0, probe: 0 }, 0, 0, 1 << 14);
  // As f16 0.25 and -0.5, as f32 about 1e-7: fair numbers to read either way.
  const halves = new Uint32Array(values.map((z) => (z > 0 ? 0x3400b800 : 0xb8003400)));
  for (const [buffer, tile] of [[buffers.x, values] as const, [buffers.w, halves] as const]) {
    for (let at = 0; at < buffer.size; at += tile.byteLength) {
      const bytes = Math.min(tile.byteLength, buffer.size - at);
      device.queue.writeBuffer(buffer, at, tile, 0, bytes / 4);
    }
  }
  return buffers;
}
