import { RotateCw } from "lucide-react";
import { useActions, useAppState } from "#state/hooks.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";

/** Notices of the engine that no command asked for, above everything else. */
export function Notices() {
  const broken = useAppState((state) => state.broken);
  const notices = useAppState((state) => state.notices);
  const shownRun = useAppState(({ place, reports }) =>
    place.name === "run" ? reports[place.runId]?.record : undefined,
  );
  const { dismissNotice } = useActions();
  // A run's page shows the failure of its run itself.
  const others = notices.filter(
    ({ runId, failure }) =>
      runId !== shownRun?.id || failure.message !== shownRun?.failure?.message,
  );
  return (
    <>
      <FailureNotice
        failure={broken}
        action={
          <Button icon={RotateCw} onClick={() => location.reload()}>
            Reload the page
          </Button>
        }
      />
      {others.map(({ key, kind, failure }) => (
        <Notice key={key} kind={kind} code={failure.code} onDismiss={() => dismissNotice(key)}>
          {failure.message}
        </Notice>
      ))}
    </>
  );
}
