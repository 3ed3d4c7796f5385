import { type Access, type Card, packStruct } from "#gpu/card.ts";
import { bind, type Kernel } from "#gpu/kernel.ts";
import { Memory } from "#gpu/memory.ts";
import { Readback } from "#gpu/readback.ts";
import type { TwinCase } from "../twin.ts";

/** Runs a kernel once on the inputs of a case and returns the buffers it may write, by name. */
export async function runCase(
  device: GPUDevice,
  kernel: Kernel,
  testCase: TwinCase,
): Promise<Map<string, ArrayBuffer>> {
  const memory = new Memory(device);
  const readback = new Readback(device);
  const params = memory.allocateUniform("params", packStruct(kernel.card.params, testCase.params));
  const buffers = Object.fromEntries(
    Object.entries(kernel.card.bindings).map(([name, access]) => {
      return [name, makeBuffer(device, memory, kernel.card, name, access, testCase)];
    }),
  );
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, bind(device, kernel, params, buffers));
  pass.dispatchWorkgroups(...testCase.workgroups);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const outputs = new Map<string, ArrayBuffer>();
  for (const [name, access] of Object.entries(kernel.card.bindings)) {
    if (access !== "read_write") continue;
    const { byteLength } = contents(testCase, name);
    outputs.set(name, await readback.read(buffers[name]!, 0, byteLength));
  }
  readback.destroy();
  memory.destroy();
  return outputs;
}

function makeBuffer(
  device: GPUDevice,
  memory: Memory,
  { uniforms }: Card,
  name: string,
  access: Access,
  testCase: TwinCase,
): GPUBuffer {
  if (access === "uniform") {
    return memory.allocateUniform(name, packStruct(uniforms[name]!, testCase.uniforms[name] ?? {}));
  }
  const values = contents(testCase, name);
  const buffer = memory.allocate(name, "other", values.byteLength);
  device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

function contents({ name, buffers }: TwinCase, key: string) {
  const values = buffers[key];
  if (!values) throw new Error(`The case "${name}" has no buffer "${key}".`);
  return values;
}
