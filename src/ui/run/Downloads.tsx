import { Download as DownloadIcon, FolderDown } from "lucide-react";
import type { ReactNode } from "react";
import type { RunRecord } from "#run/store/records.ts";
import type { LogFormat } from "#session/protocol.ts";
import { useActions, useAppState, useIsTraining, useRunAccess } from "#state/hooks.ts";
import { downloadChoices, type WeightsChoice } from "#state/hub/downloads.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { pickDirectory } from "../pickDirectory.ts";
import styles from "./Run.module.css";
import { ShareButton } from "./ShareDialog.tsx";
import { TravelNote } from "./TravelNote.tsx";

export function Downloads({ record }: { readonly record: RunRecord }) {
  const failure = useAppState((state) => state.failures.exportLog);
  const isStorageKept = useAppState((state) => state.isStorageKept !== false);
  // The hash is that of the last weights only.
  const isAtEnd = useAppState(({ reports }) => (reports[record.id]?.travelledTo ?? null) === null);
  return (
    <Card title="Downloads">
      <ModelDownload runId={record.id} />
      {record.weightsSha256 && isAtEnd && (
        <p className={`${styles.soft} ${styles.template}`}>
          SHA-256 of its weights: <code>{record.weightsSha256}</code>
        </p>
      )}
      <Files title="Log">
        <Download format="jsonl" runId={record.id} name="Download log (JSONL)">
          JSONL
        </Download>
        <Download format="csv" runId={record.id} name="Download log (CSV)">
          CSV
        </Download>
        <Download format="tensorboard" runId={record.id} name="Download log (TensorBoard)">
          TensorBoard
        </Download>
      </Files>
      <Files title="Settings">
        <Download format="settings" runId={record.id} name="Download settings (JSON)">
          JSON
        </Download>
        <ShareButton record={record} />
      </Files>
      <Files title="Bundle">
        <Download format="bundle" runId={record.id} name="Save bundle">
          Save bundle
        </Download>
        <p className={styles.soft}>
          Settings, log and journal, no rows and no weights: whoever has the base model rebuilds
          this run from it, bit by bit.
        </p>
      </Files>
      <RunFolder runId={record.id} />
      <FailureNotice failure={failure} title="The file was not made" />
      {!isStorageKept && (
        <p className={styles.soft}>
          The browser has not promised to keep this site's storage: it may clear it when the disk
          runs full, or after weeks without a visit. Download what you would miss.
        </p>
      )}
    </Card>
  );
}

function Files({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <fieldset className={styles.files}>
      <legend>{title}</legend>
      <div className={styles.row}>{children}</div>
    </fieldset>
  );
}

function RunFolder({ runId }: { readonly runId: string }) {
  const { saveRun } = useActions();
  const isTraining = useIsTraining();
  const isSaving = useAppState(({ pending }) => Boolean(pending.saveRun));
  const failure = useAppState((state) => state.failures.saveRun);
  const isDisabled = isTraining || isSaving;
  const saveInto = async () => {
    const directory = await pickDirectory();
    if (directory) await saveRun(runId, directory);
  };
  return (
    <Files title="Run folder">
      <Button icon={DownloadIcon} disabled={isDisabled} onClick={() => void saveRun(runId)}>
        Save run as a zip
      </Button>
      {"showDirectoryPicker" in window && (
        <Button icon={FolderDown} disabled={isDisabled} onClick={() => void saveInto()}>
          Save run to a folder
        </Button>
      )}
      <p className={styles.soft}>
        Everything of the run with its data and base model: another browser opens it under Runs, the
        command line with <code>train --resume</code>.
      </p>
      <FailureNotice failure={failure} title="The run was not saved" />
    </Files>
  );
}

interface DownloadProps {
  readonly runId: string;
  readonly format: LogFormat;
  /** In full, for those who do not see what it stands under. */
  readonly name: string;
  readonly children: ReactNode;
}

function Download({ runId, format, name, children }: DownloadProps) {
  const { exportLog } = useActions();
  return (
    <Button icon={DownloadIcon} aria-label={name} onClick={() => void exportLog(runId, format)}>
      {children}
    </Button>
  );
}

function ModelDownload({ runId }: { readonly runId: string }) {
  const { canAsk } = useRunAccess(runId);
  const report = useAppState(({ reports }) => reports[runId]);
  const { exportModel } = useActions();
  const isBusy = useAppState(({ pending }) => Boolean(pending.exportModel));
  const failure = useAppState((state) => state.failures.exportModel);
  if (!canAsk || !report) {
    return (
      <p className={styles.soft}>The model can be downloaded while the run is open and at rest.</p>
    );
  }
  const { choices, reason } = downloadChoices(report);
  const saveInto = async (at: WeightsChoice["at"]) => {
    const directory = await pickDirectory();
    if (directory) await exportModel(at, directory);
  };
  return (
    <>
      <TravelNote runId={runId} verb="On the GPU is" />
      <p className={styles.soft}>A Hugging Face folder: loads in transformers as it is. {reason}</p>
      <div className={styles.row}>
        {choices.map(({ name, at }, i) => (
          <Button
            key={name}
            kind={i === 0 ? "primary" : "secondary"}
            icon={DownloadIcon}
            disabled={isBusy}
            onClick={() => void exportModel(at)}
          >
            Download {name}
          </Button>
        ))}
        {"showDirectoryPicker" in window && (
          <Button icon={FolderDown} disabled={isBusy} onClick={() => void saveInto(choices[0].at)}>
            Save {choices[0].name} to a folder
          </Button>
        )}
      </div>
      <FailureNotice failure={failure} title="The model was not saved" />
    </>
  );
}
