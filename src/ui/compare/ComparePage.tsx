import { ArrowLeft } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type { RunRecord } from "#run/store/records.ts";
import { comparability, differingFields, groupBySeed } from "#state/charts/comparison.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { formatPlural } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import styles from "./Compare.module.css";
import { CompareTable } from "./CompareTable.tsx";
import { VerdictBadge } from "./VerdictBadge.tsx";

const CompareCharts = lazy(async () => {
  const { CompareCharts: component } = await import("./CompareCharts.tsx");
  return { default: component };
});

/** Stored runs side by side: their curves, their outcomes, and only those settings that differ. */
export function ComparePage({ runIds }: { readonly runIds: readonly string[] }) {
  const { goTo, viewRun } = useActions();
  const failure = useAppState((state) => state.failures.viewRun);
  const known = useAppState((state) => state.series);
  const isWaiting = useAppState((state) => Boolean(state.pending.viewRun));
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once; a run that is on goes on by itself
  useEffect(() => {
    for (const id of runIds) if (!known[id]) void viewRun(id);
  }, [runIds, viewRun]);
  const runs = useRecords(runIds);
  return (
    <>
      <div className={styles.head}>
        <h1>Compare {formatPlural(runIds.length, "run")}</h1>
        <Button icon={ArrowLeft} onClick={() => goTo({ name: "runs" })}>
          All runs
        </Button>
      </div>
      <FailureNotice failure={failure} title="A run could not be read" />
      {isWaiting && <Waiting label="Reading the runs" />}
      {runs.length > 0 && <Comparison runs={runs} />}
      {runs.length === 0 && !isWaiting && (
        <Notice kind="hint">None of these runs is in this browser.</Notice>
      )}
    </>
  );
}

function Comparison({ runs }: { readonly runs: readonly RunRecord[] }) {
  const catalogue = useAppState((state) => state.catalogue);
  const [isGrouped, setIsGrouped] = useState(true);
  const fields = useMemo(() => differingFields(runs, catalogue), [runs, catalogue]);
  const groups = useMemo(() => groupBySeed(runs, catalogue), [runs, catalogue]);
  const hasRepeats = groups.some((group) => group.runs.length > 1);
  const lines = useMemo(
    () => (isGrouped ? groups : runs.map((run) => ({ key: run.id, name: run.name, runs: [run] }))),
    [isGrouped, groups, runs],
  );
  return (
    <>
      <div className={styles.verdictRow}>
        <VerdictBadge verdict={comparability(fields)} />
        {hasRepeats && (
          <label className={styles.choice}>
            <input
              type="checkbox"
              checked={isGrouped}
              onChange={(event) => setIsGrouped(event.target.checked)}
            />
            Group runs that differ only in the seed
          </label>
        )}
      </div>
      <Suspense fallback={<Waiting label="Loading the charts" />}>
        <CompareCharts groups={lines} />
      </Suspense>
      <CompareTable runs={runs} fields={fields} groups={groups} />
    </>
  );
}

/** The records of these runs, as far as they are known; the same array until one changes. */
function useRecords(runIds: readonly string[]): readonly RunRecord[] {
  const reports = useAppState((state) => state.reports);
  const runs = useAppState((state) => state.runs);
  return useMemo(
    () =>
      runIds.flatMap((id) => {
        const record =
          reports[id]?.record ?? runs?.find((summary) => summary.record.id === id)?.record;
        return record ? [record] : [];
      }),
    [runIds, reports, runs],
  );
}
