import { lazy, Suspense, useEffect } from "react";
import type { RunReport } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { statusWord } from "#state/run/runStatus.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import { BundleNote } from "./BundleNote.tsx";
import { Downloads } from "./Downloads.tsx";
import { Examples } from "./Examples.tsx";
import { Playground } from "./Playground.tsx";
import { Published } from "./Published.tsx";
import { Result } from "./Result.tsx";
import styles from "./Run.module.css";
import { RunFacts } from "./RunFacts.tsx";
import { RunHeader } from "./RunHeader.tsx";
import { RunNote } from "./RunNote.tsx";
import { RunSettings } from "./RunSettings.tsx";
import { TimeTravel } from "./TimeTravel.tsx";
import { TrySentence } from "./TrySentence.tsx";
import { useFollowing } from "./useFollowing.ts";

// The chart library is the heaviest part of the page, and the first screen does without it.
const RunCharts = lazy(async () => {
  const { RunCharts: component } = await import("../charts/RunCharts.tsx");
  return { default: component };
});

/** One run: live, held, or as it was stored. */
export function RunPage({ runId }: { readonly runId: string }) {
  const report = useAppState((state) => state.reports[runId]);
  const failure = useAppState((state) => state.failures.viewRun);
  const isKnown = report !== undefined;
  const { viewRun, prefer } = useActions();
  useEffect(() => {
    if (!isKnown) void viewRun(runId);
  }, [isKnown, runId, viewRun]);
  useEffect(() => {
    if (isKnown) void prefer({ lastRunId: runId });
  }, [isKnown, runId, prefer]);
  if (report) return <Run report={report} />;
  if (!failure) return <Waiting label="Reading the run" />;
  return <FailureNotice failure={failure} title="This run could not be read" />;
}

function Run({ report }: { readonly report: RunReport }) {
  const { record } = report;
  useFollowing(record.id);
  // At its end a run is about its outcome; until then about its curves.
  const isFinished = record.status === "finished";
  return (
    <div className={styles.page}>
      <RunHeader report={report} />
      <RunTroubles report={report} />
      <BundleNote record={record} />
      <div className={styles.pair}>
        <Result record={record} />
        {isFinished && <TrySentence record={record} />}
      </div>
      {isFinished && <Playground record={record} />}
      <Published record={record} />
      <RunFacts report={report} />
      <Suspense fallback={<Waiting label="Loading the charts" />}>
        <RunCharts runId={record.id} />
      </Suspense>
      {!isFinished && <TrySentence record={record} />}
      {!isFinished && <Playground record={record} />}
      <Examples key={record.id} record={record} />
      <TimeTravel key={record.step} report={report} />
      <div className={styles.pair}>
        <Downloads record={record} />
        <RunNote record={record} />
      </div>
      <RunSettings record={record} />
    </div>
  );
}

function RunTroubles({ report }: { readonly report: RunReport }) {
  const { record } = report;
  const { isLocked, isLive } = useRunAccess(record.id);
  const { isActive } = statusWord(record.status);
  const progress = useAppState((state) => state.progress);
  const failures = useAppState((state) => state.failures);
  const isOpening = useAppState((state) => Boolean(state.pending.openRun));
  const isStopping = useAppState((state) => Boolean(state.pending.stopRun));
  const { cancel } = useActions();
  // Told where they were asked for.
  const isTravelling = useAppState(({ pending }) => Boolean(pending.travelTo || pending.evaluate));
  return (
    <>
      <FailureNotice failure={record.failure} />
      {isLocked && (
        <Notice
          kind="hint"
          title={isActive ? "Running in another tab" : "Open in another tab"}
          code="E-TAB-3"
        >
          {isActive
            ? "You see here what it does there, a moment later. To pause or change it, go to that tab."
            : "You can look at it here; to change it, go to that tab or close it."}
        </Notice>
      )}
      <FailureNotice failure={failures.openRun} title="The run was not opened" />
      <FailureNotice failure={failures.startRun ?? failures.resumeRun} title="Training stopped" />
      <FailureNotice failure={failures.pauseRun ?? failures.stopRun} />
      {progress && (isLive || isOpening) && !isTravelling && <ProgressBar progress={progress} />}
      {isStopping && progress?.unit === "examples" && (
        <div className={styles.row}>
          <Button onClick={() => void cancel()}>Stop without scoring</Button>
        </div>
      )}
      {!progress && isOpening && <Waiting label="Rebuilding the run" />}
    </>
  );
}
