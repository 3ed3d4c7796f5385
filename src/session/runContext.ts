import { ZerothError } from "#base/errors.ts";
import { bindableBytes } from "#gpu/device.ts";
import { withHead } from "#model/head.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import { Model } from "#model/model.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { planCapacity } from "#run/memory/capacity.ts";
import { planRun, planTypicalRun } from "#run/memory/memoryPlan.ts";
import { headOf } from "#run/step/runModel.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { resolveSettingsFor } from "#zo/defaultLearningRate.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { admitRun } from "./admission.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { CommandOf } from "./protocol.ts";
import { reportProgress, type SessionState } from "./state.ts";

/** Complete settings of a run of this model. @throws ZerothError E-CFG-* */
export function settingsFor({ own }: OpenModel, given: SettingValues): RunSettings {
  return resolveSettingsFor(given, parameterCount(parameterTable(own)));
}

/** Rejects a run whose buffers do not fit beside the weights. @throws ZerothError E-MEM-1 */
export function admitContext(
  { config, device, isAllocated }: OpenModel,
  { inspection }: OpenData,
  settings: RunSettings,
): Promise<void> {
  const { train, dev, test } = inspection;
  const needs = { config, settings, trained: train, evaluated: [dev, test] };
  return admitRun(device, needs, isAllocated ? "here" : "not read yet");
}

/** Kernels and buffers for a run with this data, over the weights of the open model. */
export function createRunModel(
  session: SessionState,
  { config, weights, device }: OpenModel,
  { inspection }: OpenData,
  settings: RunSettings,
  linear: LinearChoice,
): Promise<Model> {
  const { train, dev, test } = inspection;
  const bindable = bindableBytes(device.info);
  const evaluated = [...dev, ...test];
  const { batchSize, noise } = settings;
  return Model.create({
    device,
    weights,
    linear,
    noise,
    isOneSided: traitsOf(settings).isOneSided,
    sources: session.env.sources,
    capacity: planCapacity(config, weights.layout, bindable, batchSize, train, evaluated),
    onCompiled: (done, total) =>
      reportProgress(session)({ label: "Preparing GPU programs", done, total, unit: "shaders" }),
  });
}

/** @throws ZerothError E-TAB-3 if the run is open elsewhere */
export async function lockRun({ env }: SessionState, runId: string): Promise<() => void> {
  const release = await env.locks.acquire(runId);
  if (release) return release;
  throw new ZerothError(
    "E-TAB-3",
    "This run is open in another tab. Its curves can be viewed here; to resume it here, pause it there and " +
      "close that tab.",
  );
}

/** Reports the GPU memory of a run with these settings. @throws ZerothError E-CFG-* */
export async function planMemory(
  { env, gpu, workspace }: SessionState,
  { settings: given }: CommandOf<"planMemory">,
): Promise<void> {
  const opened = workspace.requireModel();
  const { own } = opened;
  const settings = settingsFor(opened, given);
  const checked = workspace.data?.inspection;
  const maxBindingBytes = bindableBytes((await gpu.open()).info);
  // As a start would allocate the weights: in the dtype of the settings, with the score head of the task.
  const config = withHead(own, checked ? headOf(checked.summary.task, settings) : null);
  const { bytes, totalBytes } = checked
    ? planRun({
        config,
        settings,
        maxBindingBytes,
        trained: checked.train,
        evaluated: [checked.dev, checked.test],
      })
    : planTypicalRun(config, settings, maxBindingBytes);
  env.emit({ type: "memory", memory: { bytes, totalBytes, isExact: checked !== undefined } });
}
