import { useState } from "react";
import type { TaskChoice } from "#data/tasks/choices.ts";
import type { DataReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { missingColumns } from "#state/run/sharing.ts";
import { taskId } from "#state/setup/dataView.ts";
import { savedLike } from "#state/setup/savedTasks.ts";
import controls from "../parts/controls.module.css";

const SAVED = "saved:";

const GROUPS = [
  ["recognised", "Recognised"],
  ["fits", "Its columns are there"],
  ["misfit", "Columns have to be named"],
] as const;

/** What the rows are trained for: the recognised task first, then those that fit, then the others. */
export function TaskPicker({ data }: { readonly data: DataReport }) {
  const task = useAppState((state) => state.taskDraft);
  const saved = useAppState((state) => state.preferences.tasks);
  const { chooseTask } = useActions();
  // Edited until it is like none of the saved ones, a task is simply one's own.
  const [wanted, setWanted] = useState("");
  if (!task) return null;
  const like = savedLike(saved, task);
  const own = like ? `${SAVED}${like.name}` : "own";
  const value = wanted.startsWith(SAVED) && own === wanted ? wanted : taskIdOr(own, taskId(task));
  const choose = (id: string) => {
    setWanted(id);
    const from = id.startsWith(SAVED)
      ? saved.find(({ name }) => SAVED + name === id)?.task
      : data.choices.find((choice) => choice.id === id)?.task;
    if (from) chooseTask(from);
  };
  return (
    <label className={controls.field}>
      <span className={controls.label}>Task</span>
      <select
        className={controls.input}
        value={value}
        onChange={(event) => choose(event.target.value)}
      >
        {GROUPS.map(([fit, name]) => (
          <Group key={fit} name={name} choices={data.choices.filter((one) => one.fit === fit)} />
        ))}
        {saved.length > 0 && (
          <optgroup label="Saved in this browser">
            {saved.map(({ name, task: kept }) => (
              <option
                key={name}
                value={SAVED + name}
                disabled={missingColumns(kept, data).length > 0}
              >
                {name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
      <span className={controls.help}>{describe(data, taskId(task))}</span>
    </label>
  );
}

function Group(props: { readonly name: string; readonly choices: readonly TaskChoice[] }) {
  if (props.choices.length === 0) return null;
  return (
    <optgroup label={props.name}>
      {props.choices.map(({ id, title }) => (
        <option key={id} value={id}>
          {title}
        </option>
      ))}
    </optgroup>
  );
}

function taskIdOr(own: string, id: string): string {
  return id === "own" ? own : id;
}

function describe({ choices }: DataReport, id: string): string {
  const choice = choices.find((one) => one.id === id);
  const name = choice?.title.split(":")[0] ?? id;
  if (choice?.fit === "recognised") {
    return `Recognised as ${name} by its columns; template and words are MeZO's where it has them.`;
  }
  if (id === "own") return "Guessed from the columns: look it over, and change what is wrong.";
  if (choice?.fit === "misfit") return `${name} needs columns of other names: say which are which.`;
  return `${name}'s columns are there; whether the rows are its own only you can tell.`;
}
