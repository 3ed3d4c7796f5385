import { History, Undo2 } from "lucide-react";
import { useState } from "react";
import type { RunReport } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { stepFromText, travelledText, travelPlace } from "#state/run/travel.ts";
import { formatCount } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import styles from "./Run.module.css";

/** The weights as they were after any step: a run keeps its way, not only its end. */
export function TimeTravel({ report }: { readonly report: RunReport }) {
  const { record, travelledTo } = report;
  const { canAsk } = useRunAccess(record.id);
  const failure = useAppState((state) => state.failures.travelTo);
  const isOn = useAppState(({ pending }) => Boolean(pending.travelTo));
  const { travelTo } = useActions();
  if (!canAsk || record.step === 0) return null;
  return (
    <Card title="Go back to a step">
      <p className={styles.soft}>
        Every step is kept as its seed and its slope, so the weights after any of them can be made
        again. The run itself is not changed: resuming goes on from step {formatCount(record.step)}.
      </p>
      <StepChoice lastStep={record.step} isOn={isOn} />
      {isOn && <Travelling />}
      <FailureNotice failure={failure} title="The step was not reached" />
      <Whereabouts report={report} />
      {travelledTo !== null && (
        <div className={styles.row}>
          <Button icon={Undo2} disabled={isOn} onClick={() => void travelTo(null)}>
            Back to the last step
          </Button>
        </div>
      )}
    </Card>
  );
}

interface StepChoiceProps {
  readonly lastStep: number;
  readonly isOn: boolean;
}

function StepChoice({ lastStep, isOn }: StepChoiceProps) {
  const [text, setText] = useState(String(lastStep));
  const { travelTo } = useActions();
  const step = stepFromText(text, lastStep);
  return (
    <form
      className={styles.travel}
      onSubmit={(event) => {
        event.preventDefault();
        if (step !== null && !isOn) void travelTo(step === lastStep ? null : step);
      }}
    >
      <label>
        <span className="visually-hidden">Weights at step, as a slider</span>
        <input
          type="range"
          min={0}
          max={lastStep}
          value={step ?? lastStep}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <label className={styles.row}>
        Weights at step
        <input
          className={`${controls.input} ${controls.mono}`}
          inputMode="numeric"
          autoComplete="off"
          aria-invalid={step === null}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <Button type="submit" kind="primary" icon={History} disabled={step === null || isOn}>
        Go to this step
      </Button>
      {step === null && (
        <p className={controls.error}>Choose a whole number from 0 to {formatCount(lastStep)}.</p>
      )}
    </form>
  );
}

function Travelling() {
  const progress = useAppState((state) => state.progress);
  return progress ? <ProgressBar progress={progress} /> : <Waiting label="Making the weights" />;
}

function Whereabouts({ report }: { readonly report: RunReport }) {
  const evaluation = useAppState((state) => state.travelled[report.record.id]);
  const place = travelPlace(report);
  const scored = travelledText(report, evaluation);
  return (
    <p role="status">
      {place === null
        ? `The weights on the GPU are those of the last step, ${formatCount(report.record.step)}.`
        : `The weights on the GPU are those ${place}${scored ? `: ${scored}` : ""}.`}
    </p>
  );
}
