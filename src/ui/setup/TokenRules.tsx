import { useState } from "react";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { DataReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { lengthView } from "#state/setup/dataView.ts";
import { withMaxLength } from "#state/setup/task.ts";
import { formatCount } from "#state/text/format.ts";
import { Bars } from "../charts/Bars.tsx";
import controls from "../parts/controls.module.css";
import styles from "./Data.module.css";
import setup from "./Setup.module.css";

/** How long rows are, where they are cut, and the token put in front. */
export function TokenRules({ data }: { readonly data: DataReport }) {
  const task = useAppState((state) => state.taskDraft);
  const { editTask } = useActions();
  if (!task) return null;
  return (
    <div className={styles.fold}>
      <Lengths data={data} />
      <div className={setup.form}>
        <LongestRow task={task} />
        <label className={controls.field}>
          <span className={controls.label}>First token</span>
          <select
            className={controls.input}
            value={task.bos}
            onChange={(event) => editTask({ ...task, bos: event.target.value === "0" ? 0 : 2 })}
          >
            <option value={2}>2, as OPT was trained</option>
            <option value={0}>0, as MeZO's published code</option>
          </select>
        </label>
      </div>
    </div>
  );
}

/** What is typed stands while it is typed; else the number in force, whoever set it. */
function LongestRow({ task }: { readonly task: TaskSpec }) {
  const { editTask } = useActions();
  const [text, setText] = useState<string | null>(null);
  return (
    <label className={controls.field}>
      <span className={controls.label}>Longest row, in tokens</span>
      <input
        className={`${controls.input} ${controls.mono}`}
        inputMode="numeric"
        value={text ?? task.maxLength}
        onChange={(event) => {
          setText(event.target.value);
          editTask(withMaxLength(task, event.target.value));
        }}
        onBlur={() => setText(null)}
      />
      <span className={setup.small}>
        Longer rows lose their beginning, never the end or the label.
      </span>
    </label>
  );
}

function Lengths({ data }: { readonly data: DataReport }) {
  const view = lengthView(data);
  if (!view) return null;
  const { heights, edges, threshold, summary, highest, bars } = view;
  return (
    <div>
      <p>{summary}</p>
      <Bars
        summary={`Token lengths of the training rows. ${summary}`}
        heights={heights}
        edges={edges}
        {...(threshold && { threshold })}
        color="--series-loss"
      />
      <p className={setup.small}>The tallest bar is {highest}.</p>
      <details>
        <summary>Show as a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
        <section className={styles.lengthTable} aria-label="Rows by length" tabIndex={0}>
          <table className={setup.table}>
            <thead>
              <tr>
                <th scope="col">Tokens</th>
                <th scope="col">Rows</th>
              </tr>
            </thead>
            <tbody>
              {bars.map(({ from, to, rows }) => (
                <tr key={from}>
                  <th scope="row">
                    {formatCount(from)} – {formatCount(to)}
                  </th>
                  <td>{formatCount(rows)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </div>
  );
}
