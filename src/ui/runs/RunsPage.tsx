import { ChartSpline, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { formatBytes } from "#state/text/format.ts";
import { toggled } from "#state/toggled.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import { InterruptedRuns } from "./InterruptedRuns.tsx";
import { OpenBundle, OpenRunFolder } from "./OpenBundle.tsx";
import { QueueCard } from "./QueueCard.tsx";
import { RunRow } from "./RunRow.tsx";
import styles from "./Runs.module.css";

/** Every run kept in this browser. */
export function RunsPage() {
  const runs = useAppState((state) => state.runs);
  const failures = useAppState((state) => state.failures);
  const { goTo, listRuns } = useActions();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  useEffect(() => {
    // Sizes and locks have changed since the start; what is known stays in view meanwhile.
    void listRuns();
  }, [listRuns]);
  const trained = runs?.filter(({ record }) => record.status !== "queued");
  // A chosen run may have been deleted since.
  const comparable = chosen.filter((id) => trained?.some(({ record }) => record.id === id));
  return (
    <>
      <div className={styles.head}>
        <h1>Runs</h1>
        <div className={styles.headButtons}>
          <CompareButton runIds={comparable} />
          <OpenBundle />
          <OpenRunFolder />
          <Button icon={Plus} onClick={() => goTo({ name: "setup" })}>
            New run
          </Button>
        </div>
      </div>
      <FreedNotice />
      <FailureNotice failure={failures.listRuns ?? failures.deleteRun ?? failures.renameRun} />
      <FailureNotice failure={failures.openBundle} title="The bundle was not opened" />
      <FailureNotice failure={failures.importRuns} title="The run was not copied" />
      <InterruptedRuns />
      <QueueCard />
      {runs === null && !failures.checkDevice && <Waiting label="Reading the stored runs" />}
      {runs?.length === 0 && (
        <p className={styles.empty}>
          No runs yet. What you train is kept in this browser, and nowhere else.
        </p>
      )}
      <ul className={styles.list}>
        {trained?.map((run) => (
          <RunRow
            key={run.record.id}
            run={run}
            isChosen={chosen.includes(run.record.id)}
            onChoose={() => setChosen(toggled(chosen, run.record.id))}
          />
        ))}
      </ul>
    </>
  );
}

function CompareButton({ runIds }: { readonly runIds: readonly string[] }) {
  const { goTo } = useActions();
  const count = runIds.length;
  return (
    <Button
      icon={ChartSpline}
      kind={count > 1 ? "primary" : "secondary"}
      disabled={count < 2}
      title={count < 2 ? "Tick two or more runs first" : undefined}
      onClick={() => goTo({ name: "compare", runIds })}
    >
      {count < 2 ? "Compare" : `Compare ${count} runs`}
    </Button>
  );
}

function FreedNotice() {
  const freed = useAppState((state) => state.lastFreedBytes);
  if (freed === null) return null;
  return (
    <Notice kind="recovered">The run was deleted. {formatBytes(freed)} are free again.</Notice>
  );
}
