import { FileText, FolderOpen, Sparkles } from "lucide-react";
import { useState } from "react";
import type { NamedFile } from "#session/protocol.ts";
import { useActions } from "#state/hooks.ts";
import { namedFiles } from "#state/setup/files.ts";
import { findRowFiles } from "#state/setup/rowFiles.ts";
import { Button } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import { Dropzone } from "../parts/Dropzone.tsx";
import { FilePicker } from "../parts/FilePicker.tsx";
import styles from "./Setup.module.css";

const ACCEPT = ".jsonl,.json,.ndjson,.csv,.tsv,.txt,.parquet";

/** Rows by file, folder, drop or paste; held-out rows beside them where there are any. */
export function DataPicker() {
  const { openData } = useActions();
  const [message, setMessage] = useState("");
  const openFiles = (files: readonly NamedFile[]) => {
    const found = findRowFiles(files);
    setMessage(found.message);
    if (found.sources) void openData(found.sources);
  };
  const openTrial = () =>
    void openData({
      train: { kind: "demo", split: "train" },
      dev: { kind: "demo", split: "dev" },
    });
  return (
    <Dropzone onFiles={openFiles}>
      <p>
        Drop a JSONL, CSV, TSV or Parquet file here, or a folder with train, dev and test files.{" "}
        <span className={styles.soft}>One row an example, with a column that holds the label.</span>
      </p>
      <div className={styles.row}>
        <FilePicker
          label="Choose rows"
          icon={FileText}
          accept={ACCEPT}
          isMultiple
          onPick={(files) => openFiles(namedFiles(files))}
        />
        <FilePicker
          label="Choose a folder of rows"
          icon={FolderOpen}
          isFolder
          onPick={(files) => openFiles(namedFiles(files))}
        />
        <Button kind="quiet" icon={Sparkles} onClick={openTrial}>
          Use the trial rows
        </Button>
      </div>
      <p role="status" className={styles.soft}>
        {message}
      </p>
      <PasteBox
        onText={(text) => void openData({ train: { kind: "text", name: "pasted rows", text } })}
      />
    </Dropzone>
  );
}

function PasteBox({ onText }: { readonly onText: (text: string) => void }) {
  const [text, setText] = useState("");
  return (
    <details className={`${styles.advanced} ${styles.full}`} style={{ width: "100%" }}>
      <summary>Paste rows instead</summary>
      <div className={styles.form}>
        <label className={`${controls.field} ${styles.full}`}>
          <span className={controls.label}>Rows as JSONL, CSV or TSV</span>
          <textarea
            className={`${controls.input} ${controls.mono}`}
            rows={5}
            value={text}
            placeholder={'{"text": "a joy to watch", "label": 1}'}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <Button disabled={text.trim() === ""} onClick={() => onText(text)}>
          Use these rows
        </Button>
      </div>
    </details>
  );
}
