import type { RunRecord } from "#run/store/records.ts";
import type { DifferingField, SeedGroup } from "#state/charts/comparison.ts";
import { useAppState } from "#state/hooks.ts";
import { hashFromPlace } from "#state/place.ts";
import { OUTCOME_KEYS, OUTCOME_NAMES, outcomeOf, spreadOf } from "#state/run/outcome.ts";
import { UNKNOWN } from "#state/text/format.ts";
import { Card } from "../parts/Card.tsx";
import { StatusBadge } from "../parts/StatusBadge.tsx";
import styles from "./Compare.module.css";

interface CompareTableProps {
  readonly runs: readonly RunRecord[];
  readonly fields: readonly DifferingField[];
  readonly groups: readonly SeedGroup[];
}

/** What came of each run, and only those settings that differ. */
export function CompareTable({ runs, fields, groups }: CompareTableProps) {
  const series = useAppState((state) => state.series);
  return (
    <Card title="What came of it, and what differs">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.scroller} aria-label="Runs compared" tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              {OUTCOME_KEYS.map((key) => (
                <th key={key} scope="col">
                  {OUTCOME_NAMES[key]}
                </th>
              ))}
              {fields.map(({ key, name }) => (
                <th key={key} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {runs.map((run, index) => (
              <RunCells
                key={run.id}
                run={run}
                values={fields.map(({ values }) => values[index] ?? null)}
                outcome={outcomeOf(run, series[run.id])}
              />
            ))}
          </tbody>
        </table>
      </section>
      <GroupSpreads groups={groups} />
    </Card>
  );
}

interface RunCellsProps {
  readonly run: RunRecord;
  readonly values: readonly (string | null)[];
  readonly outcome: ReturnType<typeof outcomeOf>;
}

function RunCells({ run, values, outcome }: RunCellsProps) {
  return (
    <tr>
      <th scope="row" className={styles.first}>
        <a href={hashFromPlace({ name: "run", runId: run.id })}>{run.name}</a>
        {run.status !== "finished" && <StatusBadge run={run} />}
      </th>
      {OUTCOME_KEYS.map((key) => (
        <td key={key}>{outcome[key]}</td>
      ))}
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
        <td key={index}>{value ?? UNKNOWN}</td>
      ))}
    </tr>
  );
}

/** How far seeds alone move the outcome: the yardstick for every difference above. */
function GroupSpreads({ groups }: { readonly groups: readonly SeedGroup[] }) {
  const spreads = groups.flatMap(({ key, name, runs }) => {
    const text = spreadOf(runs);
    return text ? [{ key, name, text }] : [];
  });
  if (spreads.length === 0) return null;
  return (
    <ul>
      {spreads.map(({ key, name, text }) => (
        <li key={key}>
          <strong>{name}</strong> <span className={styles.soft}>held-out accuracy: {text}.</span>
        </li>
      ))}
    </ul>
  );
}
