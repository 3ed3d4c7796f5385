import { createContext, useContext } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { RunRecord } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import type { Actions } from "./actions.ts";
import type { App } from "./app.ts";
import { EMPTY_SERIES, type RunSeries } from "./charts/runSeries.ts";
import { type RunAccess, runAccess } from "./run/runAccess.ts";
import { losesByClosing, statusMeaning, statusWord } from "./run/runStatus.ts";
import type { AppState } from "./store.ts";

export const AppContext = createContext<App | null>(null);

/** The part of the state a component shows; it renders again when that part changes. */
export function useAppState<Part>(select: (state: AppState) => Part): Part {
  return useStore(useApp().store, select);
}

export function useActions(): Actions {
  return useApp().actions;
}

/** A run's curves; another object when they change. */
export function useRunSeries(runId: string): RunSeries {
  return useAppState((state) => state.series[runId] ?? EMPTY_SERIES);
}

/** The run the engine is working on, or null. */
export function useLiveReport(): RunReport | null {
  return useAppState(({ liveRunId, reports }) =>
    liveRunId === null ? null : (reports[liveRunId] ?? null),
  );
}

/** What may be done with a run right now, from this tab. */
export function useRunAccess(runId: string): RunAccess {
  // A new object each time: compared by its fields, so that it renders only when one changes.
  return useAppState(useShallow((state) => runAccess(state, runId)));
}

/** A run's state in sentences; by its report, where there is one of that state. */
export function useStatusMeaning({ id, status }: RunRecord): string {
  return useAppState(({ reports }) => {
    const report = reports[id];
    return report?.record.status === status ? statusMeaning(report) : statusWord(status).meaning;
  });
}

/** Whether something is lost if the page is closed now. */
export function useIsClosingLoss(): boolean {
  const live = useLiveReport();
  return live !== null && losesByClosing(live);
}

/** Whether the GPU is at work on a run. */
export function useIsTraining(): boolean {
  const live = useLiveReport();
  return live !== null && statusWord(live.record.status).isActive;
}

function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("The page is not inside AppContext. Wrap it where it is mounted.");
  return app;
}
