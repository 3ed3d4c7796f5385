import { Circle, CircleCheck, Play } from "lucide-react";
import { useActions, useAppState, useIsTraining } from "#state/hooks.ts";
import { isContradiction, isReadyToTrain, readinessOf } from "#state/setup/readiness.ts";
import { parseDraft, suggestName } from "#state/setup/settingsForm.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import controls from "../parts/controls.module.css";
import { Notice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import { MemoryPlan } from "./MemoryPlan.tsx";
import { QueuePlanner } from "./QueuePlanner.tsx";
import { Refusal } from "./Refusal.tsx";
import styles from "./Setup.module.css";

/** What is ready, what is missing, and the button. */
export function StartCard() {
  const { device, model, data, catalogue, draft, failures, isStarting } = useAppState((s) => s);
  const { startTraining } = useActions();
  const isBusy = useIsTraining();
  const parsed = catalogue ? parseDraft(catalogue, draft) : null;
  const items = readinessOf(device, model, data, parsed);
  const isReady = isReadyToTrain(items);
  return (
    <Card title="Start">
      <ul className={styles.ready}>
        {items.map(({ name, isReady: isDone, detail }) => (
          <li key={name}>
            {isDone ? (
              <CircleCheck className={styles.isReady} size="1.1rem" aria-label="Ready" />
            ) : (
              <Circle size="1.1rem" aria-label="Missing" />
            )}
            <span>
              {name}
              <small>{detail}</small>
            </span>
          </li>
        ))}
      </ul>
      <MemoryPlan />
      <RunName
        suggestion={
          catalogue && parsed ? suggestName(catalogue, parsed.values, model?.name ?? "model") : ""
        }
      />
      {isContradiction(failures.startRun) ? (
        <Notice kind="hint">The settings do not go together; the reason stands below them.</Notice>
      ) : (
        <Refusal of="startRun" failure={failures.startRun} title="The run was not started" />
      )}
      {isBusy && <Notice kind="hint">Another run is on. Pause or stop it first.</Notice>}
      {isStarting && <Waiting label="Starting" />}
      <div className={styles.start}>
        <Button
          kind="primary"
          icon={Play}
          disabled={!isReady || isBusy || isStarting}
          onClick={() => void startTraining()}
        >
          Start training
        </Button>
      </div>
      {catalogue && <QueuePlanner catalogue={catalogue} isReady={isReady} />}
    </Card>
  );
}

function RunName({ suggestion }: { readonly suggestion: string }) {
  const name = useAppState((state) => state.draft.name);
  const { editDraft } = useActions();
  return (
    <label className={controls.field}>
      <span className={controls.label}>Name of the run</span>
      <input
        className={controls.input}
        value={name}
        placeholder={suggestion}
        onChange={(event) => editDraft({ name: event.target.value })}
      />
    </label>
  );
}
