import { Download, FileInput, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { readTaskFile, savedLike, taskFile } from "#state/setup/savedTasks.ts";
import { Button, IconButton } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import { FilePicker } from "../parts/FilePicker.tsx";
import { Notice } from "../parts/Notice.tsx";
import { saveFile } from "../saveFile.ts";
import styles from "./Data.module.css";
import setup from "./Setup.module.css";

/** Tasks of one's own, kept in this browser by name. */
export function SavedTasks() {
  const saved = useAppState((state) => state.preferences.tasks);
  const deleted = useAppState((state) => state.deletedTask);
  const { undoDeleteTask } = useActions();
  return (
    <details className={`${setup.advanced} ${setup.full}`}>
      <summary>Save this task</summary>
      <div className={styles.savedTasks}>
        <SaveForm />
        {saved.map(({ name }) => (
          <SavedTaskRow key={name} name={name} />
        ))}
        {deleted && (
          <Notice
            kind="hint"
            action={<Button onClick={() => void undoDeleteTask()}>Bring it back</Button>}
          >
            “{deleted.name}” was deleted.
          </Notice>
        )}
        <ImportTask />
      </div>
    </details>
  );
}

function SaveForm() {
  const task = useAppState((state) => state.taskDraft);
  const saved = useAppState((state) => state.preferences.tasks);
  const { saveTask } = useActions();
  const [name, setName] = useState("");
  const like = savedLike(saved, task);
  return (
    <div className={setup.row}>
      <label>
        <span className={controls.label}>Name of the task</span>
        <input
          className={controls.input}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <Button
        icon={Save}
        disabled={name.trim() === ""}
        onClick={() => {
          void saveTask(name);
          setName("");
        }}
      >
        Save in this browser
      </Button>
      {like && <span role="status">Saved as “{like.name}”.</span>}
    </div>
  );
}

function SavedTaskRow({ name }: { readonly name: string }) {
  const saved = useAppState((state) => state.preferences.tasks.find((task) => task.name === name));
  const { renameTask, deleteTask } = useActions();
  const [draft, setDraft] = useState(name);
  if (!saved) return null;
  const exportIt = () =>
    saveFile(`${name}.task.json`, new Blob([taskFile(saved)], { type: "application/json" }));
  return (
    <div className={styles.savedTask}>
      <input
        className={controls.input}
        aria-label={`Name of the saved task ${name}`}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => {
          void renameTask(name, draft);
          setDraft(name);
        }}
      />
      <IconButton icon={Download} label={`Export ${name}`} onClick={exportIt} />
      <IconButton icon={Trash2} label={`Delete ${name}`} onClick={() => void deleteTask(name)} />
    </div>
  );
}

function ImportTask() {
  const { importTask } = useActions();
  const [isBad, setIsBad] = useState(false);
  const read = async (file: File | undefined) => {
    const task = file ? readTaskFile(await file.text()) : null;
    setIsBad(task === null);
    if (task) await importTask(task);
  };
  return (
    <>
      <div className={setup.row}>
        <FilePicker
          kind="quiet"
          label="Import a task"
          icon={FileInput}
          accept=".json"
          onPick={(files) => void read(files[0])}
        />
      </div>
      {isBad && (
        <Notice onDismiss={() => setIsBad(false)}>
          This is no saved task. Choose a .task.json file exported here.
        </Notice>
      )}
    </>
  );
}
