import type { Catalogue } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { extraMemoryText } from "#state/run/methodCost.ts";
import { contradictionIn } from "#state/setup/readiness.ts";
import { chosenMethod, parseDraft, visibleSettings } from "#state/setup/settingsForm.ts";
import type { MethodDescription } from "#zo/methods/method.ts";
import { Card } from "../parts/Card.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import { RateProbe } from "./RateProbe.tsx";
import { SettingField } from "./SettingField.tsx";
import styles from "./Setup.module.css";

export function MethodCard() {
  const catalogue = useAppState((state) => state.catalogue);
  return (
    <Card title="Method and settings" number={3}>
      {catalogue ? (
        <>
          <MethodChoice catalogue={catalogue} />
          <SettingsForm catalogue={catalogue} />
        </>
      ) : (
        <Waiting label="Waiting for the engine" />
      )}
    </Card>
  );
}

function MethodChoice({ catalogue }: { readonly catalogue: Catalogue }) {
  const draft = useAppState((state) => state.draft);
  const { editDraft } = useActions();
  const chosen = chosenMethod(catalogue, draft);
  return (
    <fieldset className={styles.methods}>
      <legend className="visually-hidden">Method</legend>
      {catalogue.methods.map((method) => (
        <label key={method.id} className={styles.method}>
          <input
            type="radio"
            name="method"
            checked={method.id === chosen?.id}
            onChange={() => editDraft({ methodId: method.id })}
          />
          <MethodText method={method} />
        </label>
      ))}
    </fieldset>
  );
}

function MethodText({ method }: { readonly method: MethodDescription }) {
  const model = useAppState((state) => state.model);
  return (
    <>
      <strong>{method.name}</strong>
      <span>{method.summary}</span>
      <span className={styles.small}>
        Forward passes a step: {method.forwardPasses}. Memory beside the weights:{" "}
        {extraMemoryText(method.weightCopies, model)}.{" "}
        <a href={method.paper.url} target="_blank" rel="noreferrer">
          {method.paper.title}
        </a>
      </span>
    </>
  );
}

function SettingsForm({ catalogue }: { readonly catalogue: Catalogue }) {
  const draft = useAppState((state) => state.draft);
  const parsed = parseDraft(catalogue, draft);
  const { errors } = parsed;
  const settings = visibleSettings(catalogue, draft);
  const fields = (isAdvanced: boolean) =>
    settings
      .filter((setting) => (setting.advanced ?? false) === isAdvanced)
      .map((setting) => (
        <SettingField key={setting.key} setting={setting} error={errors[setting.key]} />
      ));
  const hasHiddenError = settings.some(({ key, advanced: isHidden }) => isHidden && errors[key]);
  return (
    <>
      <div className={styles.form}>{fields(false)}</div>
      <details className={styles.advanced} open={hasHiddenError || undefined}>
        <summary>Advanced settings</summary>
        <div className={styles.form}>{fields(true)}</div>
      </details>
      <Contradiction />
      <RateProbe parsed={parsed} />
    </>
  );
}

/** Settings that are each in range but do not go together, in the engine's words. */
function Contradiction() {
  const failure = useAppState(({ failures }) => contradictionIn(failures));
  return <FailureNotice failure={failure} title="These settings do not go together" />;
}
