import type { AppState } from "../store.ts";
import { statusWord } from "./runStatus.ts";

/** What may be done with a run right now, from this tab. */
export interface RunAccess {
  /** The engine holds it: its weights are on the GPU. */
  readonly isLive: boolean;
  /** Another tab holds it: it can only be looked at. */
  readonly isLocked: boolean;
  readonly canWrite: boolean;
  readonly canPause: boolean;
  readonly canResume: boolean;
  readonly canStop: boolean;
  /** It is stored and could be brought onto the GPU. */
  readonly canOpen: boolean;
  /** Its model is there and at rest: it can be asked and downloaded. */
  readonly canAsk: boolean;
}

export function runAccess(state: AppState, runId: string): RunAccess {
  const { liveRunId, reports, runs, device } = state;
  const summary = runs?.find(({ record }) => record.id === runId);
  const record = reports[runId]?.record ?? summary?.record;
  const isLive = liveRunId === runId;
  const isLocked = !isLive && (summary?.isLockedElsewhere ?? false);
  const status = record ? statusWord(record.status) : null;
  // A queued run has no weights of its own yet.
  const isTrained = status !== null && record?.status !== "queued";
  const live = liveRunId === null ? undefined : reports[liveRunId];
  const isGpuBusy = live !== undefined && statusWord(live.record.status).isActive;
  const canUseGpu = device?.state === "ready" && !isLocked && (isLive || !isGpuBusy);
  // A run from a bundle has no rows to go on with.
  const hasRows = !record?.isFromBundle;
  const canResume = canUseGpu && hasRows && (status?.canResume ?? false);
  return {
    isLive,
    isLocked,
    canWrite: !isLocked,
    canPause: isLive && (status?.canPause ?? false),
    canResume,
    canStop: isLive && hasRows && ((status?.canPause ?? false) || (status?.canResume ?? false)),
    canOpen: canUseGpu && !isLive && isTrained && !status.isActive,
    canAsk: isLive && status !== null && !status.isActive,
  };
}
