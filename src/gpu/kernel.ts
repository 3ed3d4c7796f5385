import { ZerothError } from "#base/errors.ts";
import type { Card } from "./card.ts";
import { awaitGpu, throwIfLost } from "./wait.ts";
import { linkShader, type ShaderSources } from "./wgsl.ts";

/** A compiled card, ready to be bound. */
export interface Kernel {
  readonly card: Card;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const bufferType = {
  uniform: "uniform",
  read: "read-only-storage",
  read_write: "storage",
} as const;

const SHADER_STAGE_COMPUTE = 4;

/**
 * Compiles a card.
 *
 * @throws ZerothError E-GPU-5 with the compiler's words
 */
export async function compileKernel(
  device: GPUDevice,
  sources: ShaderSources,
  card: Card,
  constants: Readonly<Record<string, number>> = {},
): Promise<Kernel> {
  const layout = device.createBindGroupLayout({
    label: card.name,
    entries: [{ name: "params", access: "uniform" as const }, ...card.bindings].map(
      ({ access }, binding) => ({
        binding,
        visibility: SHADER_STAGE_COMPUTE,
        buffer: { type: bufferType[access] },
      }),
    ),
  });
  device.pushErrorScope("validation");
  const module = device.createShaderModule({
    label: card.file,
    code: linkShader(sources, card.file),
  });
  const problem = await awaitGpu(device, device.popErrorScope());
  if (problem) throw compileError(card, problem.message);
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: card.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main", constants },
    });
    return { card, pipeline, layout };
  } catch (error) {
    await throwIfLost(device);
    throw compileError(card, error instanceof Error ? error.message : String(error));
  }
}

/** The buffers of one use of a kernel. `buffers` has the params first, then the card's bindings. */
export function bind(
  device: GPUDevice,
  kernel: Kernel,
  params: GPUBuffer | GPUBufferBinding,
  buffers: Readonly<Record<string, GPUBuffer>>,
): GPUBindGroup {
  const entries = kernel.card.bindings.map(({ name }, i) => {
    const buffer = buffers[name];
    if (!buffer) throw new Error(`${kernel.card.name} wants a buffer "${name}".`);
    return { binding: i + 1, resource: { buffer } };
  });
  return device.createBindGroup({
    label: kernel.card.name,
    layout: kernel.layout,
    entries: [
      { binding: 0, resource: "buffer" in params ? params : { buffer: params } },
      ...entries,
    ],
  });
}

function compileError(card: Card, message: string): ZerothError {
  return new ZerothError(
    "E-GPU-5",
    `The GPU program ${card.file} could not be built: ${message} ` +
      `Updating the browser or the graphics driver often helps.`,
  );
}
