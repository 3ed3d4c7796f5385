import { ListPlus } from "lucide-react";
import { useState } from "react";
import type { Catalogue } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { MAX_SEEDS, planErrors, planQueue, seedCountFrom } from "#state/setup/queuePlan.ts";
import { isContradiction } from "#state/setup/readiness.ts";
import { chosenMethod } from "#state/setup/settingsForm.ts";
import { formatPlural } from "#state/text/format.ts";
import { toggled } from "#state/toggled.ts";
import { Button } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import { QueueOffer } from "../runs/QueueOffer.tsx";
import styles from "./QueuePlanner.module.css";

interface QueuePlannerProps {
  readonly catalogue: Catalogue;
  /** Everything a run needs is there. */
  readonly isReady: boolean;
}

/** Runs to be trained later: one, or a repetition over seeds and methods. */
export function QueuePlanner({ catalogue, isReady }: QueuePlannerProps) {
  const draft = useAppState((state) => state.draft);
  const modelName = useAppState((state) => state.model?.name ?? "model");
  const failure = useAppState((state) => state.failures.queueRun);
  const isAdding = useAppState(({ pending }) => Boolean(pending.queueRun));
  const { addToQueue } = useActions();
  const [seedText, setSeedText] = useState("1");
  const [others, setOthers] = useState<readonly string[]>([]);
  const own = chosenMethod(catalogue, draft)?.id ?? "";
  const methodIds = [own, ...others.filter((id) => id !== own)];
  const seeds = seedCountFrom(seedText);
  const count = (seeds ?? 0) * methodIds.length;
  const errors = planErrors(catalogue, draft, methodIds);
  const add = () => void addToQueue(planQueue(catalogue, draft, methodIds, seeds ?? 1, modelName));
  return (
    <div className={styles.planner}>
      <details>
        <summary>Repeat with seeds or methods</summary>
        <div className={styles.more}>
          <SeedCount text={seedText} isWrong={seeds === null} onText={setSeedText} />
          <OtherMethods
            catalogue={catalogue}
            own={own}
            chosen={others}
            onToggle={(id) => setOthers(toggled(others, id))}
          />
        </div>
      </details>
      <Button
        icon={ListPlus}
        disabled={!isReady || count === 0 || errors > 0 || isAdding}
        onClick={add}
      >
        {count > 1 ? `Add ${formatPlural(count, "run")} to the queue` : "Add to the queue"}
      </Button>
      {errors > 0 && isReady && (
        <p className={styles.soft}>
          {formatPlural(errors, "value")} out of range for a method ticked here.
        </p>
      )}
      {!isContradiction(failure) && (
        <FailureNotice failure={failure} title="The run was not queued" />
      )}
      <QueueOffer />
    </div>
  );
}

interface SeedCountProps {
  readonly text: string;
  readonly isWrong: boolean;
  readonly onText: (text: string) => void;
}

function SeedCount({ text, isWrong, onText }: SeedCountProps) {
  return (
    <label className={controls.field}>
      <span className={controls.label}>Number of seeds</span>
      <input
        className={`${controls.input} ${controls.mono}`}
        inputMode="numeric"
        autoComplete="off"
        aria-invalid={isWrong}
        value={text}
        onChange={(event) => onText(event.target.value)}
      />
      {isWrong ? (
        <span className={controls.error}>A whole number from 1 to {MAX_SEEDS}.</span>
      ) : (
        <span className={styles.soft}>Each run takes the next seed after the one in the form.</span>
      )}
    </label>
  );
}

interface OtherMethodsProps {
  readonly catalogue: Catalogue;
  readonly own: string;
  readonly chosen: readonly string[];
  readonly onToggle: (id: string) => void;
}

function OtherMethods({ catalogue, own, chosen, onToggle }: OtherMethodsProps) {
  return (
    <fieldset className={styles.choices}>
      <legend className={controls.label}>Methods, in turn for each seed</legend>
      {catalogue.methods.map(({ id, name }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={id === own || chosen.includes(id)}
            disabled={id === own}
            onChange={() => onToggle(id)}
          />
          {name}
        </label>
      ))}
      <span className={styles.soft}>
        What you typed holds for all; the rest stands at each default.
      </span>
    </fieldset>
  );
}
