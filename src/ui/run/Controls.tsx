import { MonitorUp, Pause, Play, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { tinykeys } from "tinykeys";
import type { RunReport } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { statusWord } from "#state/run/runStatus.ts";
import { formatCount } from "#state/text/format.ts";
import { isTyping } from "../keys.ts";
import { Button } from "../parts/Button.tsx";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";
import styles from "./Run.module.css";

/** Pause, resume, stop: those of them that make sense now. */
export function Controls({ report }: { readonly report: RunReport }) {
  const { record } = report;
  const access = useRunAccess(record.id);
  const { pause, resume, openAndResume, openRun } = useActions();
  const isPausing = useAppState(({ pending }) => Boolean(pending.pauseRun || pending.stopRun));
  const isOpening = useAppState(({ pending }) => Boolean(pending.openRun));
  const isLooking = useAppState(({ device, failures }) => !device && !failures.checkDevice);
  const { canResume } = statusWord(record.status);
  const goOn = () => void (access.isLive ? resume() : openAndResume(record.id));
  useSpaceKey(access.canPause ? () => void pause() : access.canResume ? goOn : null);
  return (
    <div className={styles.controls}>
      {access.canPause && (
        <Button kind="primary" icon={Pause} disabled={isPausing} onClick={() => void pause()}>
          {isPausing ? "Pausing" : "Pause"}
        </Button>
      )}
      {access.canResume && (
        <Button kind="primary" icon={Play} disabled={isOpening} onClick={goOn}>
          Resume
        </Button>
      )}
      {isLooking && canResume && (
        <Button kind="primary" icon={Play} disabled title="The GPU is being checked">
          Resume
        </Button>
      )}
      {access.canStop && <StopButton report={report} isBusy={isPausing} />}
      {access.canOpen && (
        <Button icon={MonitorUp} disabled={isOpening} onClick={() => void openRun(record.id)}>
          Open on the GPU
        </Button>
      )}
    </div>
  );
}

interface StopButtonProps {
  readonly report: RunReport;
  readonly isBusy: boolean;
}

function StopButton({ report, isBusy }: StopButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const { stop } = useActions();
  return (
    <>
      <Button icon={Square} disabled={isBusy} onClick={() => setIsAsking(true)}>
        Stop
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title="Stop this run here?"
        confirm="Stop the run"
        onConfirm={() => void stop()}
      >
        <p>
          The weights as they stand at step {formatCount(report.record.step)} are saved, scored and
          ready to download. The remaining steps of {formatCount(report.totalSteps)} are not made,
          and a stopped run cannot be resumed.
        </p>
        <p>To go on later, choose Pause instead.</p>
      </ConfirmDialog>
    </>
  );
}

/** Space does what the main button does, unless a control has the focus. */
function useSpaceKey(act: (() => void) | null): void {
  const hasShortcuts = useAppState((state) => state.preferences.hasShortcuts);
  useEffect(() => {
    if (!hasShortcuts || !act) return;
    const press = (event: KeyboardEvent) => {
      if (isTyping(event.target)) return;
      event.preventDefault();
      act();
    };
    return tinykeys(window, { Space: press });
  }, [hasShortcuts, act]);
}
