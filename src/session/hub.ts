import { type Failure, toFailure, ZerothError } from "#base/errors.ts";
import { bindableBytes } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { planEveryMethod, typicalExample } from "#run/memory/memoryPlan.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { admitModel } from "./admission.ts";
import type { DescribedModel } from "./environment.ts";
import type { MemoryNeeds, ModelOffer } from "./hubReports.ts";
import type { CommandOf } from "./protocol.ts";
import type { SessionState } from "./state.ts";
import { saveAfterDelete } from "./storedRuns.ts";

// Commands about the hub and the downloads. None of them uses the open model or waits for a run.

export async function describeModel(
  session: SessionState,
  { name, hub }: CommandOf<"describeModel">,
): Promise<void> {
  const { env } = session;
  const described = await env.hub.describeModel(name, hub);
  env.emit({ type: "offer", offer: await offerOf(session, described) });
}

export async function describeDataset(
  { env }: SessionState,
  { name, hub }: CommandOf<"describeDataset">,
): Promise<void> {
  const described = await env.hub.describeDataset(name, hub);
  const offer = { ...described, freeBytes: await env.freeBytes() };
  env.emit({ type: "datasetOffer", offer });
}

export async function deleteDownload(
  session: SessionState,
  { folder }: CommandOf<"deleteDownload">,
): Promise<void> {
  const { env, downloads, workspace } = session;
  if (workspace.modelFolder === folder) {
    throw new ZerothError(
      "E-BUSY-1",
      "This model is open, and its weights may be read again. Open another one first.",
    );
  }
  await downloads.pause(folder);
  await env.hub.delete(folder);
  await downloads.reportLibrary();
  await saveAfterDelete(session);
}

/** @throws ZerothError E-FILE-4 for an unsupported architecture: its config is read before its weights are loaded */
async function offerOf(
  session: SessionState,
  { config: json, ...described }: DescribedModel,
): Promise<ModelOffer> {
  const { gpu, env } = session;
  const config = parseConfig(json);
  const bindable = gpu.current ? bindableBytes(gpu.current.info) : leastBindableBytes;
  return {
    ...described,
    parameterCount: parameterCount(parameterTable(config)),
    memory: memoryNeeds(config, bindable),
    memoryProblem: await memoryProblem(session, config, described.repo),
    freeBytes: await env.freeBytes(),
  };
}

/** Result of a trial allocation; null while another model is on the GPU, which would falsify it. */
async function memoryProblem(
  { gpu, workspace, schedule }: SessionState,
  config: OptConfig,
  name: string,
): Promise<Failure | null> {
  if (!gpu.current || workspace.model || schedule.isTraining) return null;
  try {
    await admitModel(gpu.current, config, name, "f32");
    return null;
  } catch (error) {
    if (error instanceof ZerothError && error.code === "E-MEM-1") return toFailure(error);
    throw error;
  }
}

/** The minimum that WebGPU guarantees. @see WebGPU, maxStorageBufferBindingSize */
const leastBindableBytes = 128 * 1024 * 1024;

/**
 * Returns the GPU memory to fine-tune a model, computed from its config; methods with the same need share an
 * entry, smallest first.
 *
 * @param maxBindingBytes what the device can bind as one storage buffer
 */
export function memoryNeeds(config: OptConfig, maxBindingBytes: number): MemoryNeeds {
  const methods = new Map<string, { bytes: number; f16Bytes: number; methods: string[] }>();
  const asHalves = planEveryMethod(config, maxBindingBytes, "f16");
  for (const [i, { name, plan }] of planEveryMethod(config, maxBindingBytes).entries()) {
    const [bytes, f16Bytes] = [plan.totalBytes, asHalves[i]!.plan.totalBytes];
    const key = `${bytes} ${f16Bytes}`;
    const known = methods.get(key) ?? { bytes, f16Bytes, methods: [] };
    known.methods.push(name);
    methods.set(key, known);
  }
  return {
    rows: resolveSettings({}).batchSize,
    tokensPerRow: typicalExample.tokens,
    byMethod: [...methods.values()].sort((a, b) => a.bytes - b.bytes || a.f16Bytes - b.f16Bytes),
  };
}
