import { useEffect, useRef, useState } from "react";
import type { RunRecord } from "#run/store/records.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { Card } from "../parts/Card.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Run.module.css";

/** Typing rests this long before a note is saved. */
const SAVE_DELAY_MS = 600;

/** A note written while watching; it saves itself. */
export function RunNote({ record }: { readonly record: RunRecord }) {
  const [text, setText] = useState(record.note);
  const { canWrite } = useRunAccess(record.id);
  const failure = useAppState((state) => state.failures.noteRun);
  const isSaving = useAppState(({ pending }) => Boolean(pending.noteRun));
  const isChanged = text !== record.note;
  useAutosave(record.id, text, isChanged && canWrite);
  return (
    <Card
      title="Note"
      extra={<span className={styles.soft}>{noteState(isSaving, isChanged)}</span>}
    >
      <textarea
        className={controls.input}
        aria-label="Note"
        rows={4}
        readOnly={!canWrite}
        value={text}
        placeholder="What you tried, what you saw, what to try next."
        onChange={(event) => setText(event.target.value)}
      />
      <FailureNotice failure={failure} title="The note was not saved" />
    </Card>
  );
}

/** Saves after a rest, and at once when the page leaves the run. */
function useAutosave(runId: string, text: string, isDue: boolean): void {
  const { noteRun } = useActions();
  const unsaved = useRef<string | null>(null);
  unsaved.current = isDue ? text : null;
  useEffect(() => {
    if (!isDue) return;
    const timer = setTimeout(() => void noteRun(runId, text), SAVE_DELAY_MS);
    return () => clearTimeout(timer);
  }, [isDue, runId, text, noteRun]);
  useEffect(
    () => () => {
      if (unsaved.current !== null) void noteRun(runId, unsaved.current);
    },
    [runId, noteRun],
  );
}

function noteState(isSaving: boolean, isChanged: boolean): string {
  if (isSaving) return "Saving";
  return isChanged ? "Not saved yet" : "Saved";
}
