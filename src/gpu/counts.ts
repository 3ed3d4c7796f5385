/** Numbers of calls on a device. */
export interface Counts {
  buffers: number;
  bindGroups: number;
  pipelines: number;
  submits: number;
  passes: number;
  writes: number;
  mapAsyncs: number;
}

/** Counts calls on a device from now on. The device stays wrapped. */
export function countCalls(device: GPUDevice): Counts {
  const counts: Counts = {
    buffers: 0,
    bindGroups: 0,
    pipelines: 0,
    submits: 0,
    passes: 0,
    writes: 0,
    mapAsyncs: 0,
  };
  const watch = <T extends object, K extends keyof T>(on: T, name: K, count: keyof Counts) => {
    const original = on[name] as (...given: unknown[]) => unknown;
    on[name] = ((...given: unknown[]) => {
      counts[count]++;
      return original.apply(on, given);
    }) as T[K];
  };
  watch(device, "createBindGroup", "bindGroups");
  watch(device, "createComputePipelineAsync", "pipelines");
  watch(device.queue, "submit", "submits");
  watch(device.queue, "writeBuffer", "writes");
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    counts.buffers++;
    const buffer = createBuffer(descriptor);
    watch(buffer, "mapAsync", "mapAsyncs");
    return buffer;
  };
  const createEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createEncoder(descriptor);
    watch(encoder, "beginComputePass", "passes");
    return encoder;
  };
  return counts;
}
