import { ZerothError } from "#base/errors.ts";
import { destroyOnError } from "./gpuErrors.ts";
import { detectSlowPolling } from "./wait.ts";

/** A device with the facts about its adapter. */
export interface Device {
  readonly device: GPUDevice;
  readonly info: AdapterFacts;
  /** Resolves with the reason when the device is lost. */
  readonly lost: Promise<string>;
}

export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** WebGPU runs on the CPU. */
  readonly isSoftware: boolean;
  /** The software adapter of Chromium. */
  readonly isSwiftShader: boolean;
  readonly hasF16: boolean;
  readonly hasSubgroups: boolean;
  readonly limits: Readonly<Record<WantedLimit, number>>;
}

/** Limits raised to the adapter's maximum; the others keep the defaults of WebGPU. */
const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;
type WantedLimit = (typeof wantedLimits)[number];

const wantedFeatures: readonly GPUFeatureName[] = ["subgroups", "shader-f16", "timestamp-query"];

const softwareNames = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/**
 * Opens a device with the adapter's limits and those optional features that the engine uses.
 *
 * @throws ZerothError E-GPU-2 if no adapter is offered
 */
export async function openDevice(gpu: GPU): Promise<Device> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new ZerothError(
      "E-GPU-2",
      "WebGPU is available, but no GPU was offered. Usually hardware acceleration is off, the driver is " +
        "on the browser's block list, or Vulkan is missing.",
    );
  }
  const device = await adapter.requestDevice({
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]])),
  });
  destroyOnError(device);
  await detectSlowPolling(device);
  return {
    device,
    info: factsOf(adapter, device),
    lost: device.lost.then(({ message, reason }) => message || reason),
  };
}

/** The largest storage buffer this device can bind. */
export function bindableBytes({ limits }: Pick<AdapterFacts, "limits"> | GPUDevice): number {
  return Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
}

function factsOf(adapter: GPUAdapter, device: GPUDevice): AdapterFacts {
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const names = `${vendor} ${architecture} ${description}`;
  return {
    vendor,
    architecture,
    description,
    isSoftware: isFallbackAdapter === true || softwareNames.test(names),
    isSwiftShader: /swiftshader/i.test(names),
    hasF16: device.features.has("shader-f16"),
    hasSubgroups: device.features.has("subgroups"),
    limits: {
      maxBufferSize: device.limits.maxBufferSize,
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: device.limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: device.limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
      maxStorageBuffersPerShaderStage: device.limits.maxStorageBuffersPerShaderStage,
    },
  };
}
