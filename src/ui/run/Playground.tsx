import { PenLine, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useState } from "react";
import type { RunRecord } from "#run/store/records.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import {
  defaultDraft,
  draftErrors,
  FIELD_NAMES,
  fieldsOf,
  type PlaygroundDraft,
  type PlaygroundErrors,
  type PlaygroundField,
  partToShow,
  requestFrom,
  suggestedPrompt,
} from "#state/run/playground.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Playground.module.css";
import { TravelNote } from "./TravelNote.tsx";
import { WrittenTexts } from "./WrittenTexts.tsx";

/** Both models write on from the same words with the same seed. */
export function Playground({ record }: { readonly record: RunRecord }) {
  const { canAsk, canOpen } = useRunAccess(record.id);
  if (canAsk) {
    return (
      <Card title="Write on">
        <TravelNote runId={record.id} verb="Asks" />
        <WritingForm key={record.id} record={record} />
        <WrittenTexts />
      </Card>
    );
  }
  if (!canOpen || record.task.kind === "classification") return null;
  return (
    <Card title="Write on">
      <p className={styles.soft}>
        Open the run on the GPU to let its model write, or to download it.
      </p>
    </Card>
  );
}

function WritingForm({ record }: { readonly record: RunRecord }) {
  const { write, cancel, previewRow } = useActions();
  const isBusy = useAppState(({ pending }) => Boolean(pending.write));
  const failure = useAppState((state) => state.failures.write);
  const suggestion = useAppState(({ rowPreview }) => suggestedPrompt(rowPreview));
  const part = useAppState(({ data }) => (data ? partToShow(data) : null));
  useEffect(() => {
    if (part) void previewRow(part, 0);
  }, [part, previewRow]);
  const [typed, setTyped] = useState<string | null>(null);
  const [draft, setDraft] = useState(() => defaultDraft(record.task));
  const prompt = typed ?? suggestion;
  const request = requestFrom(prompt, draft);
  const begin = () => {
    if (request && !isBusy) void write(request);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    begin();
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        begin();
      }}
    >
      <label className={controls.field}>
        <span className={controls.label}>Prompt</span>
        <textarea
          className={controls.input}
          rows={3}
          value={prompt}
          aria-keyshortcuts="Control+Enter"
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <Choices draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
      <div className={styles.row}>
        {isBusy ? (
          <Button icon={Square} onClick={() => void cancel()}>
            Stop writing
          </Button>
        ) : (
          <Button kind="primary" type="submit" icon={PenLine} disabled={!request}>
            Write
          </Button>
        )}
        <span className={styles.soft}>Ctrl + Enter in the prompt does the same.</span>
      </div>
      <FailureNotice failure={failure} title="Nothing was written" />
    </form>
  );
}

interface ChoicesProps {
  readonly draft: PlaygroundDraft;
  readonly onChange: (change: Partial<PlaygroundDraft>) => void;
}

/** Greedy or drawn, and behind "More" how exactly. */
function Choices({ draft, onChange }: ChoicesProps) {
  const errors = draftErrors(draft);
  return (
    <>
      <fieldset className={styles.choice}>
        <legend className={controls.label}>The next token is</legend>
        {[
          { name: "the likeliest (greedy)", isSampled: false },
          { name: "drawn by its probability", isSampled: true },
        ].map(({ name, isSampled }) => (
          <label key={name}>
            <input
              type="radio"
              name="sampling"
              checked={draft.isSampled === isSampled}
              onChange={() => onChange({ isSampled })}
            />
            {name}
          </label>
        ))}
      </fieldset>
      <details className={styles.more}>
        <summary>More</summary>
        <div className={styles.fields}>
          {fieldsOf(draft).map((name) => (
            <NumberField key={name} name={name} draft={draft} errors={errors} onChange={onChange} />
          ))}
          <label className={controls.field}>
            <span className={controls.label}>Stop at</span>
            <input
              className={`${controls.input} ${controls.mono}`}
              value={draft.stop}
              placeholder="text, \n for a line break"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => onChange({ stop: event.target.value })}
            />
          </label>
        </div>
      </details>
    </>
  );
}

interface NumberFieldProps extends ChoicesProps {
  readonly name: PlaygroundField;
  readonly errors: PlaygroundErrors;
}

function NumberField({ name, draft, errors, onChange }: NumberFieldProps) {
  const wrong = errors[name];
  return (
    <label className={controls.field}>
      <span className={controls.label}>{FIELD_NAMES[name]}</span>
      <input
        className={`${controls.input} ${controls.mono}`}
        value={draft[name]}
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={wrong !== undefined}
        onChange={(event) => onChange({ [name]: event.target.value })}
      />
      {wrong !== undefined && <span className={controls.error}>{wrong}</span>}
    </label>
  );
}
