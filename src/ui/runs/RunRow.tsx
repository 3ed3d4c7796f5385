import { CopyPlus, Eye } from "lucide-react";
import type { RunSummary } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { formatScore } from "#state/run/score.ts";
import { formatBytes, formatCount, formatDate } from "#state/text/format.ts";
import { Button, IconButton } from "../parts/Button.tsx";
import { EditableName } from "../parts/EditableName.tsx";
import { Facts } from "../parts/Facts.tsx";
import { StatusBadge } from "../parts/StatusBadge.tsx";
import { DeleteButton } from "./DeleteButton.tsx";
import styles from "./Runs.module.css";

interface RunRowProps {
  readonly run: RunSummary;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

export function RunRow({ run, isChosen, onChoose }: RunRowProps) {
  const { record, sizeBytes, isLockedElsewhere } = run;
  const { canWrite } = useRunAccess(record.id);
  const { goTo, duplicate } = useActions();
  return (
    <li className={styles.item}>
      <div className={styles.top}>
        <div className={styles.named}>
          <input
            type="checkbox"
            className={styles.choice}
            aria-label={`Choose ${record.name} for comparison`}
            checked={isChosen}
            onChange={onChoose}
          />
          <EditableName runId={record.id} name={record.name} canEdit={canWrite} />
        </div>
        <StatusBadge run={record} />
        <LastOpened runId={record.id} />
        <div className={styles.buttons}>
          <Button
            icon={Eye}
            aria-label={`View ${record.name}`}
            onClick={() => goTo({ name: "run", runId: record.id })}
          >
            View
          </Button>
          <IconButton
            icon={CopyPlus}
            label={`Duplicate ${record.name} with a change`}
            onClick={() => duplicate(record)}
          />
          {canWrite && <DeleteButton run={run} />}
        </div>
      </div>
      <Facts
        items={[
          { name: "Model", value: record.modelName },
          { name: "Steps", value: formatCount(record.step) },
          { name: "Before", value: formatScore(record.zeroShot) },
          { name: "After", value: formatScore(record.lastEvaluation) },
          { name: "Size", value: formatBytes(sizeBytes) },
          { name: "Started", value: formatDate(record.createdAt) },
        ]}
      />
      {isLockedElsewhere && <p className={styles.note}>Open in another tab: read-only here.</p>}
      {record.note && <p className={styles.note}>{record.note}</p>}
    </li>
  );
}

function LastOpened({ runId }: { readonly runId: string }) {
  const isLast = useAppState((state) => state.preferences.lastRunId === runId);
  return isLast ? <span className={styles.note}>last opened</span> : null;
}
