import { Pencil } from "lucide-react";
import { useState } from "react";
import { useActions } from "#state/hooks.ts";
import { IconButton } from "./Button.tsx";
import controls from "./controls.module.css";
import styles from "./EditableName.module.css";

interface EditableNameProps {
  readonly runId: string;
  readonly name: string;
  readonly canEdit: boolean;
}

/** A run's name, changed where it stands. Enter or leaving saves, Escape keeps the old one. */
export function EditableName({ runId, name, canEdit }: EditableNameProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const { renameRun } = useActions();
  const save = () => {
    const next = draft?.trim();
    setDraft(null);
    if (next && next !== name) void renameRun(runId, next);
  };
  if (draft === null) {
    return (
      <div className={styles.name}>
        <strong>{name}</strong>
        {canEdit && (
          <IconButton icon={Pencil} label={`Rename ${name}`} onClick={() => setDraft(name)} />
        )}
      </div>
    );
  }
  return (
    <input
      className={controls.input}
      aria-label="Name of the run"
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
      autoFocus
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") save();
        if (event.key === "Escape") setDraft(null);
      }}
    />
  );
}
