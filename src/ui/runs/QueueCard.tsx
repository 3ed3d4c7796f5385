import { CircleStop, ListVideo } from "lucide-react";
import { useActions, useAppState, useLiveReport } from "#state/hooks.ts";
import { hashFromPlace } from "#state/place.ts";
import { METHOD_KEY } from "#state/setup/settingsForm.ts";
import { formatPlural, formatSetting } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { DeleteButton } from "./DeleteButton.tsx";
import styles from "./Runs.module.css";
import { type Queue, useQueue } from "./useQueue.ts";

/** Runs that wait for their turn, in the order in which they will be trained. */
export function QueueCard() {
  const state = useQueue();
  const failure = useAppState(({ failures }) => failures.runQueue);
  const { waiting, isOn } = state;
  if (waiting.length === 0 && !isOn && !failure) return null;
  return (
    <Card title="Queue" extra={<QueueButton queue={state} />}>
      <QueueState queue={state} />
      <FailureNotice failure={failure} title="The queue stopped" />
      <ol className={styles.queue}>
        {waiting.map((run, index) => (
          <li key={run.record.id}>
            <span className={styles.place}>{index + 1}</span>
            <span>
              <a href={hashFromPlace({ name: "run", runId: run.record.id })}>{run.record.name}</a>{" "}
              <span className={styles.note}>
                {String(run.record.settings[METHOD_KEY] ?? "")} on {run.record.data.trainName}, seed{" "}
                {formatSetting(run.record.settings.seed ?? 0)}
              </span>
            </span>
            <DeleteButton run={run} />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function QueueButton({ queue: { waiting, isOn, isEnding, canRun } }: { readonly queue: Queue }) {
  const { runQueue, endQueue } = useActions();
  if (isOn) {
    return (
      <Button icon={CircleStop} disabled={isEnding} onClick={() => void endQueue()}>
        End the queue after this run
      </Button>
    );
  }
  return (
    <Button
      kind="primary"
      icon={ListVideo}
      disabled={!canRun || waiting.length === 0}
      onClick={() => void runQueue()}
    >
      Run the queue
    </Button>
  );
}

function QueueState({ queue: { waiting, isOn, isEnding } }: { readonly queue: Queue }) {
  const live = useLiveReport();
  const count = formatPlural(waiting.length, "run");
  if (!isOn) {
    return (
      <p role="status">{count} queued. They are kept in this browser until they are trained.</p>
    );
  }
  return (
    <p role="status">
      {live ? (
        <>
          Training{" "}
          <a href={hashFromPlace({ name: "run", runId: live.record.id })}>{live.record.name}</a>.{" "}
        </>
      ) : (
        "Starting. "
      )}
      {isEnding ? "The queue ends after this run." : `${count} to go after it.`}
    </p>
  );
}
