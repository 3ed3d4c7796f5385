import { nodeGpu } from "#entry/node/gpu.ts";

/**
 * Dawn with one device for all tests of this process, which keeps every pipeline made on it: drivers
 * that run on the processor take up to a second to compile one. Tests that lose, count or limit their
 * device open one of their own.
 */
export function oneDeviceGpu(): GPU {
  oneDevice ??= makeOneDevice();
  return oneDevice;
}

let oneDevice: GPU | undefined;

function makeOneDevice(): GPU {
  let device: Promise<GPUDevice> | null = null;
  return withDevices(nodeGpu(), (request) => {
    device ??= request().then((made) => {
      // A test that breaks it fails alone; the next one gets another.
      void made.lost.then(() => {
        device = null;
      });
      return keepPipelines(made);
    });
    return device;
  });
}

export interface LosableGpu {
  readonly gpu: GPU;
  /** Takes away the device given out last, as a crashed driver does. */
  loseDevice(): void;
  /** Has that device refuse work, as it does what its limits forbid. */
  refuseWork(): void;
  readonly devicesGiven: number;
}

/** Dawn, giving every session a new device that can be taken away. */
export function losableGpu(): LosableGpu {
  const given: GPUDevice[] = [];
  const gpu = withDevices(nodeGpu(), async (request) => {
    const device = await request();
    given.push(device);
    return device;
  });
  return {
    gpu,
    loseDevice: () => given.at(-1)?.destroy(),
    refuseWork: () => given.at(-1)?.createBuffer({ label: "absurd", size: 2 ** 48, usage: 8 }),
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

function withDevices(
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
