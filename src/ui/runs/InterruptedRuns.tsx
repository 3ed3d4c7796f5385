import { Play } from "lucide-react";
import type { RunSummary } from "#session/reports.ts";
import { useActions, useAppState, useIsTraining } from "#state/hooks.ts";
import { hashFromPlace } from "#state/place.ts";
import { formatCount, formatDate } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";

/** Runs that the closing of a page cut short, offered before anything else. */
export function InterruptedRuns() {
  const runs = useAppState((state) => state.runs);
  const interrupted = runs?.filter(
    ({ record, isLockedElsewhere }) => record.status === "interrupted" && !isLockedElsewhere,
  );
  return interrupted?.map((run) => <Interrupted key={run.record.id} run={run} />);
}

function Interrupted({ run }: { readonly run: RunSummary }) {
  const { record } = run;
  const { openAndResume } = useActions();
  const isReady = useAppState((state) => state.device?.state === "ready");
  const isTraining = useIsTraining();
  return (
    <Notice
      kind="hint"
      title={`Interrupted ${formatDate(record.updatedAt)}`}
      action={
        <Button
          kind="primary"
          icon={Play}
          aria-label={`Resume ${record.name}`}
          disabled={!isReady || isTraining}
          onClick={() => void openAndResume(record.id)}
        >
          Resume
        </Button>
      }
    >
      <a href={hashFromPlace({ name: "run", runId: record.id })}>{record.name}</a> is saved up to
      step {formatCount(record.step)}.
    </Notice>
  );
}
