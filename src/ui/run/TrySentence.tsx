import { WandSparkles } from "lucide-react";
import { useState } from "react";
import type { RunRecord } from "#run/store/records.ts";
import type { Prediction } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { formatPercent } from "#state/text/format.ts";
import { Bar } from "../parts/Bar.tsx";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Run.module.css";
import { TravelNote } from "./TravelNote.tsx";

/** The model asked about a sentence of one's own, before and after training. */
export function TrySentence({ record }: { readonly record: RunRecord }) {
  const { canAsk, canOpen } = useRunAccess(record.id);
  const prediction = useAppState((state) => state.prediction);
  // Where answers are written, there is nothing to choose from: "Write on" is the place to ask.
  if (record.task.kind === "generation") return null;
  if (canAsk) {
    return (
      <Card title="Try a sentence">
        <TravelNote runId={record.id} verb="Asks" />
        <SentenceForm record={record} />
        {prediction && <Answer prediction={prediction} />}
      </Card>
    );
  }
  if (!canOpen) return null;
  return (
    <Card title="Try a sentence">
      <p className={styles.soft}>Open the run on the GPU to ask its model, or to download it.</p>
    </Card>
  );
}

function SentenceForm({ record }: { readonly record: RunRecord }) {
  const { predict } = useActions();
  const isBusy = useAppState(({ pending }) => Boolean(pending.predict));
  const failure = useAppState((state) => state.failures.predict);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const columns = useAppState(({ reports }) => reports[record.id]?.asks) ?? [];
  const isComplete = columns.every((name) => values[name]?.trim());
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isComplete) void predict(values);
      }}
    >
      {columns.map((name) => (
        <label key={name} className={controls.field}>
          <span className={controls.label}>{columns.length === 1 ? "Your sentence" : name}</span>
          <textarea
            className={controls.input}
            rows={2}
            value={values[name] ?? ""}
            onChange={(event) => setValues({ ...values, [name]: event.target.value })}
          />
        </label>
      ))}
      <Button kind="primary" type="submit" icon={WandSparkles} disabled={!isComplete || isBusy}>
        Ask the model
      </Button>
      <FailureNotice failure={failure} />
    </form>
  );
}

function Answer({ prediction }: { readonly prediction: Prediction }) {
  return (
    <section aria-label="Probability of each answer" aria-live="polite">
      <ul className={styles.options}>
        {prediction.options.map(({ label: name, word, before, after }) => (
          <li key={name} className={styles.option}>
            <strong>
              {word.trim() === "" ? name : `“${word.trim()}”`}
              {word.trim() !== "" && name !== "" && (
                <span className={styles.soft}> label {name}</span>
              )}
            </strong>
            <div className={styles.bars}>
              <span>before</span>
              <Bar part={before} whole={1} isDim />
              <span>{formatPercent(before)}</span>
              <span>after</span>
              <Bar part={after} whole={1} />
              <span>{formatPercent(after)}</span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
