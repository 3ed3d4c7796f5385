import { ZerothError } from "#base/errors.ts";
import { createQueue, type Queue } from "#base/queue.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import type { ActiveRun } from "./activeRun.ts";
import { BaseInUse } from "./baseInUse.ts";
import type { Environment } from "./environment.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { DownloadReport, Progress } from "./protocol.ts";
import { sweepUp, takeAloneBy } from "./sweeping.ts";

/** What lies open in a session. The parts of a session pass it around; the session owns it. */
export interface Desk {
  readonly env: Environment;
  device: Device | null;
  runs: RunStore | null;
  model: OpenModel | null;
  /** The library's folder it was opened from, if it was. */
  modelFolder: string | null;
  /** The copy of it in the store. */
  readonly baseInUse: BaseInUse;
  data: OpenData | null;
  run: ActiveRun | null;
  /** What nothing refers to was looked for in the store; once a session. */
  isSweptUp: boolean;
  /** When the GPU was lost last, by the environment's clock. */
  lostAt: number | null;
  /** Set by `cancel`; looked at by what can be given up between two parts. */
  isCancelled: boolean;
  /** Settles with the command that trains; null while none does. */
  training: Promise<void> | null;
  /** Asks the command that trains to hold after the steps at hand. */
  isPauseWanted: boolean;
  /** Under way, by folder; they run beside everything else. */
  readonly downloads: Map<string, OngoingDownload>;
  /** What needs the GPU for itself, one after another. */
  readonly inOrder: Queue;
}

export interface OngoingDownload {
  readonly pause: AbortController;
  report: DownloadReport | null;
  /** Settles with it, never rejects. */
  readonly ended: Promise<void>;
}

export function emptyDesk(env: Environment): Desk {
  return {
    env,
    device: null,
    runs: null,
    model: null,
    modelFolder: null,
    baseInUse: new BaseInUse(env.modelLocks),
    data: null,
    run: null,
    isSweptUp: false,
    lostAt: null,
    isCancelled: false,
    training: null,
    isPauseWanted: false,
    downloads: new Map(),
    inOrder: createQueue(),
  };
}

/** The device, opened at first use. @throws ZerothError E-GPU-1, E-GPU-2 */
export async function deviceOf(desk: Desk): Promise<Device> {
  if (desk.device) return desk.device;
  const { gpu } = desk.env;
  if (!gpu) {
    throw new ZerothError(
      "E-GPU-1",
      "This browser has no WebGPU, and training needs it. It works in Chrome and Edge from 113 on, " +
        "Safari from 26, Firefox from 141 on Windows. Saved runs can still be opened here.",
    );
  }
  const device = await openDevice(gpu);
  desk.device = device;
  void device.lost.then(() => {
    if (desk.device === device) desk.device = null;
  });
  return device;
}

/** The runs, opened at first use. @throws ZerothError E-STORE-3 where storage is blocked */
export async function runsOf(desk: Desk): Promise<RunStore> {
  const { env } = desk;
  desk.runs ??= openRunStore(await env.openStore(), () => env.date(), takeAloneBy(env));
  return desk.runs;
}

export function modelOf({ model }: Desk): OpenModel {
  if (model) return model;
  throw new ZerothError("E-OPEN-1", "No model is open. Open one first.");
}

export function dataOf({ data }: Desk): OpenData {
  if (data) return data;
  throw new ZerothError("E-OPEN-1", "No rows are open. Add some first.");
}

export function runOf({ run }: Desk): ActiveRun {
  if (run) return run;
  throw new ZerothError("E-OPEN-1", "No run is open on the GPU.");
}

/** @throws ZerothError E-BUSY-1 while a run trains: what was asked would pull the ground from under it */
export function refuseWhileTraining({ training }: Desk): void {
  if (training === null) return;
  throw new ZerothError("E-BUSY-1", "A run is training. Pause it first.");
}

/** Puts a run on the desk, or none; the page is told which one lies there now. */
export function putRun(desk: Desk, run: ActiveRun | null): void {
  desk.run = run;
  desk.env.emit({ type: "live", runId: run?.record.id ?? null });
}

/** Closes the run at hand, so that the GPU is free for another. */
export function closeRun(desk: Desk): void {
  if (!desk.run) return;
  desk.run.close();
  putRun(desk, null);
}

export function closeModel(desk: Desk): void {
  closeRun(desk);
  desk.model?.weights.destroy();
  desk.model = null;
  desk.modelFolder = null;
  if (desk.baseInUse.letGo() && desk.runs) sweepUp(desk.runs);
}

export function progressTo(desk: Desk): (progress: Progress) => void {
  return (progress) => desk.env.emit({ type: "progress", progress });
}

/** Progress of an evaluation that `cancel` ends. */
export function evaluating(
  desk: Desk,
  label: string,
  total: number,
): { readonly onProgress: (done: number) => void; readonly isStopped: () => boolean } {
  const report = progressTo(desk);
  return {
    onProgress: (done) => report({ label, done, total, unit: "examples" }),
    isStopped: () => desk.isCancelled,
  };
}
