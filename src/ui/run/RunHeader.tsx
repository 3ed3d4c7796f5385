import type { RunReport } from "#session/reports.ts";
import { useRunAccess } from "#state/hooks.ts";
import { statusMeaning, statusWord } from "#state/run/runStatus.ts";
import { formatCount, formatDate } from "#state/text/format.ts";
import { stepProgress } from "#state/text/pageTitle.ts";
import { EditableName } from "../parts/EditableName.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { StatusBadge } from "../parts/StatusBadge.tsx";
import { Controls } from "./Controls.tsx";
import styles from "./Run.module.css";

export function RunHeader({ report }: { readonly report: RunReport }) {
  const { record } = report;
  const { canWrite } = useRunAccess(record.id);
  return (
    <header className={styles.header}>
      <div className={styles.title}>
        <h1 className="visually-hidden">Run {record.name}</h1>
        <EditableName runId={record.id} name={record.name} canEdit={canWrite} />
        <p className={styles.line}>
          <StatusBadge run={record} />
          <span className={styles.soft}>
            {record.modelName} · {record.data.trainName} · {formatDate(record.createdAt)}
          </span>
        </p>
        <p className={styles.soft}>{statusMeaning(report)}</p>
      </div>
      <Controls report={report} />
      <ProgressBar progress={stepProgress(report)} />
      <Milestone report={report} />
    </header>
  );
}

/** Read aloud when it changes: the status and the last evaluation, never every step. */
function Milestone({ report }: { readonly report: RunReport }) {
  const { status, lastEvaluation } = report.record;
  return (
    <p className="visually-hidden" role="status">
      {statusWord(status).word}
      {lastEvaluation && `, evaluated at step ${formatCount(lastEvaluation.step)}`}
    </p>
  );
}
