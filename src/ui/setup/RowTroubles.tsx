import { useState } from "react";
import type { DataProblem } from "#data/examples/problems.ts";
import type { DataReport } from "#session/reports.ts";
import { useActions } from "#state/hooks.ts";
import { PART_NAMES, RULE_CHOICES, withRule } from "#state/setup/dataView.ts";
import { formatCount } from "#state/text/format.ts";
import controls from "../parts/controls.module.css";
import styles from "./Data.module.css";
import setup from "./Setup.module.css";

const FIRST = 5;

/** What is odd about the rows: counted, named, and what is to become of them. */
export function RowTroubles({ data }: { readonly data: DataReport }) {
  const { problems: troubles, warnings } = data;
  const nothing = troubles.length === 0 && warnings.length === 0;
  return (
    <div className={styles.fold}>
      {nothing && <p>No repeats, no leaks, no empty or over-long rows, no label without a word.</p>}
      {troubles.map((trouble) => (
        <Trouble key={trouble.sentence} trouble={trouble} data={data} />
      ))}
      {warnings.map((text) => (
        <p key={text} className={styles.trouble}>
          {text}
        </p>
      ))}
    </div>
  );
}

function Trouble({ trouble, data }: { readonly trouble: DataProblem; readonly data: DataReport }) {
  const { rule } = trouble;
  const { setRules } = useActions();
  const choice = rule && RULE_CHOICES[rule];
  return (
    <div className={styles.trouble}>
      <p>{trouble.sentence}</p>
      {rule && choice && (
        <label className={controls.field}>
          <span className={controls.label}>{choice.label}</span>
          <select
            className={controls.input}
            value={data.rules[rule]}
            onChange={(event) => void setRules(withRule(data, rule, event.target.value))}
          >
            {choice.options.map(({ value, name }) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Rows trouble={trouble} />
    </div>
  );
}

function Rows({ trouble: { rows, count } }: { readonly trouble: DataProblem }) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, FIRST);
  return (
    <>
      <ul className={styles.troubledRows}>
        {shown.map(({ part, row, note }) => (
          <li key={`${part}:${row}:${note}`}>
            <strong>Row {formatCount(row)}</strong> {note}{" "}
            <span className={setup.small}>{PART_NAMES[part]}</span>
          </li>
        ))}
      </ul>
      {!isWhole && rows.length > FIRST && (
        <button type="button" className={setup.reset} onClick={() => setIsWhole(true)}>
          Show all {formatCount(rows.length)}
        </button>
      )}
      {isWhole && count > rows.length && (
        <p className={setup.small}>The first {formatCount(rows.length)} are listed.</p>
      )}
    </>
  );
}
