import { nodeGpu } from "#entry/node/gpu.ts";

/**
 * Dawn with one device for all tests of this process. It keeps every pipeline made on it, because drivers
 * that run on the processor take up to a second to compile one. Tests that lose, count or limit their
 * device open one of their own.
 */
export function oneDeviceGpu(): GPU {
  oneDevice ??= withDevices(nodeGpu(), sharedDevice);
  return oneDevice;
}

let oneDevice: GPU | undefined;
let shared: Promise<GPUDevice> | null = null;

function sharedDevice(request: () => Promise<GPUDevice>): Promise<GPUDevice> {
  shared ??= request().then((device) => {
    // A test that breaks the device fails alone: the next one gets another.
    void device.lost.then(() => {
      shared = null;
    });
    return keepPipelines(device);
  });
  return shared;
}

export interface LosableGpu {
  readonly gpu: GPU;
  /** Takes away the device given out last, as a crashed driver does. */
  loseDevice(): void;
  /** Has that device refuse work, as it does what its limits forbid. */
  refuseWork(): void;
  readonly devicesGiven: number;
}

/**
 * Dawn, giving new devices that can be taken away, and then the one that all tests share: compiling for
 * a new one takes seconds.
 *
 * @param losses  devices that can be lost
 */
export function losableGpu(losses = 1): LosableGpu {
  const given: GPUDevice[] = [];
  const gpu = withDevices(nodeGpu(), async (request) => {
    const device = await (given.length < losses ? request() : sharedDevice(request));
    given.push(device);
    return device;
  });
  const losable = () => {
    if (given.length <= losses) return given.at(-1);
    throw new Error(`Only ${losses} devices can be lost here.`);
  };
  return {
    gpu,
    loseDevice: () => losable()?.destroy(),
    refuseWork: () => losable()?.createBuffer({ label: "absurd", size: 2 ** 48, usage: 8 }),
    get devicesGiven() {
      return given.length;
    },
  };
}

/**
 * Dawn without a GPU, whose devices refuse every buffer that would take them beyond so many bytes, as
 * full ones do.
 */
export function scarceGpu(limitBytes: number): GPU {
  return withDevices(nodeGpu(["backend=null"]), async (request) => {
    const device = await request();
    const create = device.createBuffer.bind(device);
    let taken = 0;
    device.createBuffer = (descriptor) => {
      if (taken + descriptor.size > limitBytes) return create({ ...descriptor, size: 2 ** 48 });
      taken += descriptor.size;
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      let isThere = true;
      buffer.destroy = () => {
        if (isThere) taken -= descriptor.size;
        isThere = false;
        return destroy();
      };
      return buffer;
    };
    return device;
  });
}

/** A GPU that lacks an optional feature, as in browsers that do not offer it. */
export function without(feature: GPUFeatureName, gpu: GPU): GPU {
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (!adapter) return null;
    const request = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = ({ requiredFeatures = [], ...descriptor } = {}) => {
      const offered = [...requiredFeatures].filter((wanted) => wanted !== feature);
      return request({ ...descriptor, requiredFeatures: offered });
    };
    return adapter;
  };
  return gpu;
}

/** A GPU whose adapters give devices that `give` makes of their own. */
export function withDevices(
  gpu: GPU,
  give: (request: () => Promise<GPUDevice>) => Promise<GPUDevice>,
): GPU {
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (!adapter) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = (descriptor) => give(() => requestDevice(descriptor));
    return adapter;
  };
  return gpu;
}

/** A GPU whose devices compile each pipeline once, even if nothing else refers to it any more. */
export function keepingPipelines(gpu: GPU): GPU {
  return withDevices(gpu, async (request) => keepPipelines(await request()));
}

function keepPipelines(device: GPUDevice): GPUDevice {
  const kept: GPUComputePipeline[] = [];
  const create = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = async (descriptor) => {
    const pipeline = await create(descriptor);
    kept.push(pipeline);
    return pipeline;
  };
  return device;
}
