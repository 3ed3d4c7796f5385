import { ZerothError } from "#base/errors.ts";
import type { BuffersOf, Card, OverridesOf } from "./card.ts";
import { awaitGpu, throwIfLost } from "./wait.ts";
import { linkShader, type ShaderSources } from "./wgsl.ts";

/** A compiled kernel. */
export interface Kernel<C extends Card = Card> {
  readonly card: C;
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
 * Compiles a kernel.
 *
 * @throws ZerothError E-GPU-5 with the compiler's message
 */
export async function compileKernel<C extends Card>(
  device: GPUDevice,
  sources: ShaderSources,
  card: C,
  overrides: OverridesOf<C> = {},
): Promise<Kernel<C>> {
  const layout = device.createBindGroupLayout({
    label: card.name,
    entries: ["uniform" as const, ...Object.values(card.bindings)].map((access, binding) => ({
      binding,
      visibility: SHADER_STAGE_COMPUTE,
      buffer: { type: bufferType[access] },
    })),
  });
  device.pushErrorScope("validation");
  const module = device.createShaderModule({
    label: card.file,
    code: linkShader(sources, card.file).code,
  });
  const problem = await awaitGpu(device, device.popErrorScope());
  if (problem) throw compileError(card, problem.message);
  try {
    const pipeline = await device.createComputePipelineAsync({
      label: card.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module,
        entryPoint: "main",
        constants: { ...overrides } as Record<string, number>,
      },
    });
    return { card, pipeline, layout };
  } catch (error) {
    await throwIfLost(device);
    throw compileError(card, error instanceof Error ? error.message : String(error));
  }
}

/** The bind group of one use of a kernel. */
export function bind<C extends Card>(
  device: GPUDevice,
  { card, layout }: Kernel<C>,
  params: GPUBuffer | GPUBufferBinding,
  buffers: BuffersOf<C>,
): GPUBindGroup {
  const entries = Object.keys(card.bindings).map((name, i) => {
    const buffer = buffers[name];
    if (!buffer) throw new Error(`The kernel ${card.name} needs a buffer "${name}".`);
    return { binding: i + 1, resource: { buffer } };
  });
  return device.createBindGroup({
    label: card.name,
    layout,
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
