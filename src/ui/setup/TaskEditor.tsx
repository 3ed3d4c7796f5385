import { useRef } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import {
  type CustomTask,
  insertColumn,
  type TaskKind,
  withKind,
  withLabelColumn,
  withOptionColumn,
} from "#state/setup/task.ts";
import controls from "../parts/controls.module.css";
import { LabelAnswer } from "./LabelAnswer.tsx";
import { SavedTasks } from "./SavedTasks.tsx";
import styles from "./Setup.module.css";

const KINDS: readonly { readonly kind: TaskKind; readonly name: string }[] = [
  { kind: "classification", name: "Choose a label: the same words for every row" },
  { kind: "multiple choice", name: "Choose an option: options stand in the row" },
  { kind: "generation", name: "Write an answer" },
];

/** How rows become prompts and labels become words. Every change renders the row anew. */
export function TaskEditor() {
  const task = useAppState((state) => state.taskDraft);
  const columns = useAppState((state) => state.data?.columns ?? []);
  const isPending = useAppState((state) => state.isTaskPending);
  const { editTask } = useActions();
  if (!task || "task" in task) return null;
  const part = { task, columns, onChange: editTask };
  return (
    <div className={styles.form} aria-busy={isPending}>
      <Template {...part} />
      <label className={controls.field}>
        <span className={controls.label}>The model is to</span>
        <select
          className={controls.input}
          value={task.kind}
          onChange={(event) => {
            const kind = KINDS.find((one) => one.kind === event.target.value)?.kind;
            if (kind) editTask(withKind(task, kind));
          }}
        >
          {KINDS.map(({ kind, name }) => (
            <option key={kind} value={kind}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className={controls.field}>
        <span className={controls.label}>
          {task.kind === "generation" ? "Answer column" : "Label column"}
        </span>
        <select
          className={controls.input}
          value={task.labelColumn}
          onChange={(event) => editTask(withLabelColumn(task, event.target.value))}
        >
          {columns.includes(task.labelColumn) || <option value={task.labelColumn}>None yet</option>}
          {columns.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {task.kind === "classification" && <LabelAnswer task={task} onChange={editTask} />}
      {task.kind === "multiple choice" && <OptionColumns {...part} />}
      <SavedTasks />
    </div>
  );
}

interface PartProps {
  readonly task: CustomTask;
  readonly columns: readonly string[];
  readonly onChange: (task: CustomTask) => void;
}

function Template({ task, columns, onChange }: PartProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const insert = (name: string) => {
    const at = box.current?.selectionStart ?? task.template.length;
    onChange({ ...task, template: insertColumn(task.template, name, at) });
    box.current?.focus();
  };
  return (
    <div className={`${controls.field} ${styles.full}`}>
      <label className={controls.label} htmlFor="template">
        {task.head ? "Text template" : "Prompt template"}
      </label>
      <textarea
        ref={box}
        id="template"
        className={`${controls.input} ${controls.mono}`}
        rows={2}
        value={task.template}
        onChange={(event) => onChange({ ...task, template: event.target.value })}
      />
      <div className={styles.row}>
        <span className={controls.help}>Put in a column:</span>
        {columns.map((name) => (
          <button key={name} type="button" className={styles.chip} onClick={() => insert(name)}>
            {`{${name}}`}
          </button>
        ))}
      </div>
    </div>
  );
}

function OptionColumns({ task, columns, onChange }: PartProps) {
  return (
    <fieldset className={styles.full}>
      <legend className={styles.legend}>Columns that hold the options</legend>
      <div className={styles.row}>
        {columns.map((name) => (
          <label key={name} className={styles.checkbox}>
            <input
              type="checkbox"
              checked={task.optionColumns?.includes(name) ?? false}
              onChange={(event) => onChange(withOptionColumn(task, name, event.target.checked))}
            />
            <code>{name}</code>
          </label>
        ))}
      </div>
      <p className={controls.help}>
        The label column names the right one: by its column, its place counted from 0, a letter from
        A, or its text.
      </p>
    </fieldset>
  );
}
