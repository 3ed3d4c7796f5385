import type { RunRecord } from "#run/store/records.ts";
import type { Measurement } from "#state/run/measure.ts";
import { formatInterval, summarizeResult } from "#state/run/result.ts";
import { scoreName } from "#state/run/score.ts";
import { formatCount, formatPercent } from "#state/text/format.ts";
import { Card } from "../parts/Card.tsx";
import { FinalTest } from "./FinalTest.tsx";
import styles from "./Run.module.css";

/** Before and after, with how sure one can be. Shown once a run has come to its end. */
export function Result({ record }: { readonly record: RunRecord }) {
  const summary = record.status === "finished" ? summarizeResult(record) : null;
  if (!summary) return null;
  const isF1 = scoreName(record.lastEvaluation) === "F1";
  return (
    <Card title="Result">
      <div className={styles.result}>
        <Score
          name={isF1 ? "F1 before training" : "Before training"}
          measurement={summary.before}
        />
        <span className={styles.arrow} aria-hidden="true">
          →
        </span>
        <Score
          name={isF1 ? "F1 after training" : "After training"}
          measurement={summary.after}
          isAfter
        />
      </div>
      <p>{summary.verdict}</p>
      {summary.best && <p>{summary.best}</p>}
      {summary.baseline && <p>{summary.baseline}</p>}
      <FinalTest record={record} />
      <p className={styles.soft}>{summary.cost}</p>
    </Card>
  );
}

interface ScoreProps {
  readonly name: string;
  readonly measurement: Measurement;
  readonly isAfter?: boolean;
}

function Score({ name, measurement, isAfter = false }: ScoreProps) {
  return (
    <div className={styles.score}>
      <span className={styles.soft}>{name}</span>
      <span className={`${styles.big} ${isAfter ? styles.after : ""}`}>
        {formatPercent(measurement.value)}
      </span>
      {measurement.exact !== null && (
        <span className={styles.soft}>F1; {formatPercent(measurement.exact)} answered exactly</span>
      )}
      <span className={styles.soft}>95 % interval {formatInterval(measurement.interval)}</span>
      <span className={styles.soft}>n = {formatCount(measurement.n)}</span>
    </div>
  );
}
