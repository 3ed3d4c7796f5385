import { ZerothError } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { initHead, withHead } from "#model/head.ts";
import { onlyKernel } from "#model/linearChoice.ts";
import { linearShared } from "#model/linearKernels.ts";
import { Model } from "#model/model.ts";
import { allocateWeights, type Weights } from "#model/weights.ts";
import { replay } from "#run/step/replay.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import type { JournalStep } from "#run/store/journal.ts";
import type { ModelRecord, RunRecord } from "#run/store/records.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import { admitModel } from "#session/admission.ts";
import { openFolderForReading } from "#storage/folderStore.ts";
import type { Arguments } from "./flags.ts";
import { readShaders } from "./gpu.ts";
import { isRunFolder } from "./isRunFolder.ts";
import { openNodeDevice } from "./open.ts";
import { print } from "./print.ts";
import { needOne } from "./score.ts";
import { type NodeSession, withSession } from "./session.ts";

/** A stored run with the weights of one of its steps on the GPU. */
export interface Rebuilt {
  readonly device: Device;
  /** With buffers for replaying only. */
  readonly model: Model;
  readonly weights: Weights;
  readonly run: LoadedRun;
  readonly base: ModelRecord;
  readonly step: number;
}

/**
 * Rebuilds the weights of a step from base model and journal, without checkpoints.
 *
 * @param which "best" (the last one if nothing was evaluated), "last", or a step
 * @throws ZerothError E-RUN-1 for a step the run has not reached
 */
export async function rebuild(folder: string, which: string): Promise<Rebuilt> {
  requireRunFolder(folder);
  const runs = openRunStore(await openFolderForReading(folder), () => new Date());
  const run = await onlyRun(runs, folder);
  const step = stepFrom(which, run);
  const { record: base, manifest } = await runs.loadModel(run.record.modelId);
  if (!manifest)
    throw new ZerothError("E-STORE-3", `The base weights of the run in "${folder}" are missing.`);
  const device = await openNodeDevice();
  const dtype = run.record.settings.dtype;
  const own = parseConfig(base.config);
  const head = headOf(run.record.task, run.record.settings);
  const config = withHead(own, head);
  await admitModel(device, config, base.name, dtype);
  const weights = allocateWeights(device, config, dtype);
  await runs.restore([manifest], (from, pieces) => weights.restore(pieces, from.dtype));
  initHead(weights, own, head?.seed ?? 0);
  const steps = run.steps.slice(0, step);
  const model = await applySteps(device, weights, run.record, steps);
  return { device, model, weights, run, base, step };
}

/** Returns the newest run in a folder. @throws ZerothError E-STORE-3 if there is none */
export async function onlyRun(runs: RunStore, folder: string): Promise<LoadedRun> {
  const listed = (await runs.listRuns()).runs[0];
  if (!listed) throw new ZerothError("E-STORE-3", `There is no run in "${folder}".`);
  const run = await runs.loadRun(listed.record.id);
  for (const repair of run.repairs) console.error(repair);
  return run;
}

/** @throws ZerothError E-STORE-3 for a folder without runs */
export function requireRunFolder(folder: string): void {
  if (isRunFolder(folder)) return;
  throw new ZerothError("E-STORE-3", `There is no run in "${folder}".`);
}

/** Returns the record of the newest run, with its present status. @throws ZerothError E-STORE-3 if there is none */
export async function newestRun(session: NodeSession): Promise<RunRecord> {
  const [newest] = await session.listRuns();
  if (newest) return newest.record;
  throw new ZerothError("E-STORE-3", "There is no run in this folder.");
}

/**
 * `list FOLDER`: prints a line per run, the newest first: `{"id", "name", "status", "step", "steps", "loss",
 * "best_step", …}`. The loss is that of the last evaluation.
 */
export async function listCommand(args: Arguments): Promise<void> {
  const folder = needOne(args, "list FOLDER");
  requireRunFolder(folder);
  const place = { kind: "folder", path: folder, access: "read" } as const;
  const runs = await withSession(
    place,
    // Reading records needs no GPU, nor a driver.
    undefined,
    () => {},
    (session) => session.listRuns(),
  );
  for (const { record, sizeBytes } of runs) {
    const { id, name, status, step, settings, lastEvaluation, best, modelName, createdAt } = record;
    print({
      id,
      name,
      status,
      step,
      steps: settings.steps,
      ...(lastEvaluation && { loss: lastEvaluation.loss, accuracy: lastEvaluation.accuracy }),
      ...(best && { best_step: best.step, best_loss: best.loss }),
      method: settings.method,
      model: modelName,
      created: createdAt,
      bytes: sizeBytes,
    });
  }
}

/** Applies steps to the base weights on the GPU. Returns a model that can replay only. */
export async function applySteps(
  device: Device,
  weights: Weights,
  { settings, thresholds }: RunRecord,
  steps: readonly JournalStep[],
): Promise<Model> {
  const model = await Model.create({
    device,
    weights,
    sources: readShaders(),
    noise: settings.noise,
    capacity: { tokens: 1, scored: 1, options: 1, examples: 1 },
    linear: onlyKernel(linearShared),
  });
  await prepareMasks(model, settings, thresholds);
  await replay(model, settings, steps);
  return model;
}

function stepFrom(which: string, { record, steps }: LoadedRun): number {
  if (which === "last") return steps.length;
  if (which === "best") return record.best?.step ?? steps.length;
  const step = which.trim() === "" ? Number.NaN : Number(which);
  if (Number.isInteger(step) && step >= 0 && step <= steps.length) return step;
  throw new ZerothError(
    "E-RUN-1",
    `--step is "${which}"; it should be best, last, or a step from 0 to ${steps.length}.`,
  );
}
