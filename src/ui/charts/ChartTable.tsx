import { useState } from "react";
import { tableRows } from "#state/charts/curves.ts";
import type { RunSeries } from "#state/charts/runSeries.ts";
import { measure } from "#state/run/measure.ts";
import { formatInterval } from "#state/run/result.ts";
import { scoreTitle } from "#state/run/score.ts";
import { formatCount, formatDuration, formatPercent, formatReading } from "#state/text/format.ts";
import styles from "./Charts.module.css";

interface ChartTableProps {
  readonly series: RunSeries;
  readonly smoothing: number;
}

/** The charts in words: evaluations, then steps spread over the run. */
export function ChartTable({ series, smoothing }: ChartTableProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={styles.tableBox} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Show as tables</summary>
      {isOpen && (
        <>
          <EvaluationTable series={series} />
          <StepTable series={series} smoothing={smoothing} />
        </>
      )}
    </details>
  );
}

function EvaluationTable({ series }: { readonly series: RunSeries }) {
  const { evaluations } = series;
  const title = scoreTitle(evaluations[0]);
  const measured = evaluations.map((evaluation) => ({ ...evaluation, ...measure(evaluation) }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.scroller} aria-label="Held-out rows" tabIndex={0}>
      <table className={styles.table}>
        <caption>Held-out rows</caption>
        <Head names={["Step", title, "95 % interval", "Loss", "Rows"]} />
        <tbody>
          {measured.map(({ step, loss, n, value, interval }) => (
            <Row
              key={step}
              cells={[
                formatCount(step),
                formatPercent(value),
                formatInterval(interval),
                formatReading(loss),
                formatCount(n),
              ]}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function StepTable({ series, smoothing }: ChartTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.scroller} aria-label="Steps" tabIndex={0}>
      <table className={styles.table}>
        <caption>Steps, evenly spread over the run. The CSV download has every one.</caption>
        <Head
          names={["Step", "Time", "Forward passes", "Loss", "Smoothed", "Projected gradient"]}
        />
        <tbody>
          {tableRows(series, smoothing).map((row) => (
            <Row
              key={row.step}
              cells={[
                formatCount(row.step),
                formatDuration(row.seconds),
                formatCount(row.forwardPasses),
                formatReading(row.loss),
                formatReading(row.smoothed),
                formatReading(row.projectedGrad),
              ]}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head({ names }: { readonly names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** The first cell names the row; cells have no identity but their place. */
function Row({ cells }: { readonly cells: readonly string[] }) {
  const [first, ...rest] = cells;
  return (
    <tr>
      <th scope="row">{first}</th>
      {rest.map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
        <td key={index}>{text}</td>
      ))}
    </tr>
  );
}
