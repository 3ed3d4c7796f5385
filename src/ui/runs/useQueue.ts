import { useMemo } from "react";
import type { RunSummary } from "#session/reports.ts";
import { useAppState, useIsTraining } from "#state/hooks.ts";
import { queuedRuns } from "#state/setup/queuePlan.ts";

export interface Queue {
  /** The next one first. */
  readonly waiting: readonly RunSummary[];
  readonly isOn: boolean;
  /** It was asked to end after the run at hand. */
  readonly isEnding: boolean;
  readonly canRun: boolean;
}

/** What waits to be trained, and whether it can begin. */
export function useQueue(): Queue {
  const runs = useAppState((state) => state.runs);
  const isReady = useAppState((state) => state.device?.state === "ready");
  const isOn = useAppState(({ pending }) => Boolean(pending.runQueue));
  const isEnding = useAppState((state) => state.isQueueEnding);
  const isTraining = useIsTraining();
  const waiting = useMemo(() => queuedRuns(runs), [runs]);
  return { waiting, isOn, isEnding, canRun: isReady && !isOn && !isTraining };
}
