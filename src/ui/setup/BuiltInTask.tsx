import { PencilLine } from "lucide-react";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { DataReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { asOwnTask, taskId } from "#state/setup/dataView.ts";
import { Button } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import styles from "./Data.module.css";
import setup from "./Setup.module.css";

/** A published task, to be read; its columns may be named, and its prompt made one's own. */
export function BuiltInTask({ data }: { readonly data: DataReport }) {
  const task = useAppState((state) => state.taskDraft);
  const { chooseTask } = useActions();
  if (!task || !("task" in task)) return null;
  const own = asOwnTask(task, data.columns);
  return (
    <>
      <ColumnNames data={data} task={task} />
      <div>
        <p className={styles.template}>{task.template}</p>
        {task.words.length > 0 && (
          <p className={styles.wordList}>
            {task.labels.map((name, index) => (
              <span key={name}>
                {name} → <code>{task.words[index]}</code>
              </span>
            ))}
          </p>
        )}
        {task.kind === "multiple choice" && (
          <p className={setup.small}>
            Options come from each row. The right one's tokens are trained.
          </p>
        )}
      </div>
      {own && (
        <div className={setup.row}>
          <Button kind="quiet" icon={PencilLine} onClick={() => chooseTask(own)}>
            Make it my own
          </Button>
          <span className={setup.small}>Copies template and words, to change them.</span>
        </div>
      )}
    </>
  );
}

type BuiltIn = Extract<TaskSpec, { task: unknown }>;

/** Which column of the file is which of the task's; shown where the names differ. */
function ColumnNames({ data, task }: { readonly data: DataReport; readonly task: BuiltIn }) {
  const { editTask } = useActions();
  const choice = data.choices.find(({ id }) => id === taskId(task));
  const { columns: mapped = {} } = task;
  if (!choice || (choice.missing.length === 0 && Object.keys(mapped).length === 0)) return null;
  const map = (name: string, column: string) => {
    const others = Object.entries(mapped).filter(([key]) => key !== name);
    const named = column === "" || column === name ? others : [...others, [name, column]];
    editTask({ ...task, columns: Object.fromEntries(named) });
  };
  return (
    <div className={setup.form}>
      {choice.columns.map((name) => (
        <label key={name} className={controls.field}>
          <span className={controls.label}>
            Column for <code>{name}</code>
          </span>
          <select
            className={controls.input}
            value={mapped[name] ?? (data.columns.includes(name) ? name : "")}
            onChange={(event) => map(name, event.target.value)}
          >
            <option value="">Choose a column</option>
            {data.columns.map((column) => (
              <option key={column}>{column}</option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}
