import { ListVideo } from "lucide-react";
import { useActions } from "#state/hooks.ts";
import { hashFromPlace } from "#state/place.ts";
import { formatPlural } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";
import { useQueue } from "./useQueue.ts";

/** Runs left waiting, in this visit or an earlier one, offered where a person comes in. */
export function QueueOffer() {
  const { waiting, isOn, canRun } = useQueue();
  const { runQueue, goTo } = useActions();
  if (waiting.length === 0 || isOn) return null;
  const verb = waiting.length === 1 ? "is" : "are";
  const begin = () => {
    goTo({ name: "runs" });
    void runQueue();
  };
  return (
    <Notice
      kind="hint"
      action={
        <Button kind="primary" icon={ListVideo} disabled={!canRun} onClick={begin}>
          Run the queue
        </Button>
      }
    >
      <a href={hashFromPlace({ name: "runs" })}>{formatPlural(waiting.length, "run")}</a> {verb}{" "}
      queued.
    </Notice>
  );
}
