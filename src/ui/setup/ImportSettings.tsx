import { FileInput, FileUp } from "lucide-react";
import { useState } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { Button } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import { Dialog } from "../parts/Dialog.tsx";
import { FilePicker } from "../parts/FilePicker.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./ImportSettings.module.css";

/** Settings from an earlier run, from a link, or from a command line somebody else used. */
export function ImportSettings() {
  const isReady = useAppState((state) => state.catalogue !== null);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button icon={FileInput} disabled={!isReady} onClick={() => setIsOpen(true)}>
        Import settings
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title="Import settings">
        <ImportForm onDone={() => setIsOpen(false)} />
      </Dialog>
    </>
  );
}

function ImportForm({ onDone }: { readonly onDone: () => void }) {
  const [text, setText] = useState("");
  const failure = useAppState((state) => state.failures.readSettings);
  const { importSettings } = useActions();
  const take = async (given: string) => {
    if (await importSettings(given)) onDone();
  };
  const takeFile = async (file: File | undefined) => {
    if (file) await take(await file.text());
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") void take(text);
      }}
    >
      <label className={controls.field}>
        <span className={controls.label}>Command line, link or JSON</span>
        <textarea
          className={`${controls.input} ${controls.mono}`}
          rows={6}
          value={text}
          spellCheck={false}
          placeholder="python run.py --model_name facebook/opt-1.3b --task_name SST2 --trainer zo --learning_rate 1e-6 --max_steps 20000"
          onChange={(event) => setText(event.target.value)}
        />
        <span className={controls.help}>
          A command of MeZO's <code>run.py</code> or <code>mezo.sh</code>, a link from “Share
          settings”, or what a settings file holds. Nothing of it is run.
        </span>
      </label>
      <FailureNotice failure={failure} title="Nothing was taken over" />
      <div className={styles.row}>
        <Button type="submit" kind="primary" disabled={text.trim() === ""}>
          Take over
        </Button>
        <FilePicker
          label="Choose a settings file"
          icon={FileUp}
          accept=".json,.txt,.sh"
          onPick={(files) => void takeFile(files[0])}
        />
      </div>
    </form>
  );
}
