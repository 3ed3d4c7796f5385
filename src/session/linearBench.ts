import { f16ToF32, f32ToF16 } from "#base/halfFloat.ts";
import { packStruct } from "#gpu/card.ts";
import type { Device } from "#gpu/device.ts";
import { bind } from "#gpu/kernel.ts";
import { Batch } from "#gpu/kernels.gen.ts";
import { Memory } from "#gpu/memory.ts";
import { Readback } from "#gpu/readback.ts";
import type { LinearKernel } from "#model/products.ts";
import { noise } from "#zo/noise.ts";

/** Sizes of a product y = x Wᵀ: x is [rows, inner], W [outer, inner], y [rows, outer], of each layer. */
export interface ProductSize {
  /** 2: both signs at once, each with its own weights, as in a step. Default: 1. */
  readonly layers?: 1 | 2;
  readonly rows: number;
  readonly inner: number;
  readonly outer: number;
}

export interface ProductBuffers {
  readonly x: GPUBuffer;
  /** Sized for f32; f16 takes half of it. */
  readonly w: GPUBuffer;
  readonly y: GPUBuffer;
  readonly vectors: GPUBuffer;
}

/** Allocates the buffers of a product, as zeros. */
export function productBuffers(
  memory: Memory,
  { layers = 1, rows, inner, outer }: ProductSize,
): ProductBuffers {
  return {
    x: memory.allocate("x", "other", layers * rows * inner * 4),
    w: memory.allocate("w", "other", layers * outer * inner * 4),
    y: memory.allocate("y", "other", layers * rows * outer * 4),
    vectors: memory.allocate("vectors", "other", outer * 4),
  };
}

/** A kernel for matrix products, run alone. */
export interface LinearBench {
  /** Submits that many products, one after another. */
  run(times: number): void;
}

/** Uniforms are made in `memory`, which the caller frees. */
export function linearBench(
  { device }: Device,
  memory: Memory,
  kernel: LinearKernel,
  { layers = 1, rows, inner, outer }: ProductSize,
  buffers: ProductBuffers,
): LinearBench {
  const { card, pipeline } = kernel;
  const params = packStruct(card.params, {
    inner,
    outer,
    w_offset: 0,
    w_stride: outer * inner,
    bias_offset: 0,
    vectors_stride: 0,
    has_bias: 0,
    relu: 0,
    accumulates: 0,
    per_sign: Number(layers === 2),
    over_scored: 0,
    y_stride: outer,
    y_column: 0,
  });
  const batch = packStruct(Batch, {
    tokens: rows,
    scored: 0,
    options: 0,
    examples: 0,
    signs: layers,
    accumulates: 0,
    probe_register: 0,
    per_token: 0,
  });
  const group = bind(device, kernel, memory.allocateUniform("params", params), {
    ...buffers,
    batch: memory.allocateUniform("batch", batch),
  });
  return {
    run: (times) => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < times; i++) {
        pass.dispatchWorkgroups(
          Math.ceil(outer / card.tileColumns),
          Math.ceil(rows / card.tileRows),
          layers,
        );
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    },
  };
}

/** Largest `linearError` of a correct kernel. */
export const LINEAR_BOUND = 1e-5;

/**
 * Returns the error of a kernel on this GPU against x · Wᵀ in double precision, on sizes that fill no tile: the
 * largest difference, relative to the largest sum of magnitudes of an element.
 */
export async function linearError(device: Device, kernel: LinearKernel): Promise<number> {
  const inner = kernel.card.innerMultiple === 4 ? 52 : 50;
  const size = { layers: 2, rows: 37, outer: 70, inner } as const;
  const memory = new Memory(device.device);
  const readback = new Readback(device.device);
  try {
    const buffers = productBuffers(memory, size);
    const bench = linearBench(device, memory, kernel, size, buffers);
    const drawn = (tensor: number, count: number) =>
      noise("binomial", 1, { step: 0, probe: 0 }, tensor, 0, count);
    const x = drawn(0, 2 * size.rows * size.inner);
    const thirds = drawn(1, 2 * size.outer * size.inner).map((value) => value / 3);
    const halves = f32ToF16(thirds);
    const isHalves = kernel.card.weights === "f16";
    const w = isHalves ? f16ToF32(halves) : thirds;
    device.device.queue.writeBuffer(buffers.x, 0, x);
    device.device.queue.writeBuffer(buffers.w, 0, isHalves ? halves : w);
    bench.run(1);
    const y = new Float32Array(await readback.read(buffers.y, 0, 2 * size.rows * size.outer * 4));
    return largestError(x, w, y, size);
  } finally {
    readback.destroy();
    memory.destroy();
  }
}

function largestError(
  x: Float32Array,
  w: Float32Array,
  y: Float32Array,
  { rows, inner, outer }: ProductSize,
): number {
  let worst = 0;
  for (let m = 0; m < 2 * rows; m++) {
    const layer = Math.floor(m / rows) * outer * inner;
    for (let n = 0; n < outer; n++) {
      let sum = 0;
      let size = 0;
      for (let k = 0; k < inner; k++) {
        const product = x[m * inner + k]! * w[layer + n * inner + k]!;
        sum += product;
        size += Math.abs(product);
      }
      const error = Math.abs(y[m * outer + n]! - sum) / Math.max(size, 1e-30);
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}
