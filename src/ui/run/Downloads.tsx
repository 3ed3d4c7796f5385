import { Download, FolderDown } from "lucide-react";
import { downloadChoices, type WeightsChoice } from "#state/downloads.ts";
import type { RunRecord } from "#state/engineTypes.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { pickDirectory } from "../pickDirectory.ts";
import styles from "./Run.module.css";
import { TravelNote } from "./TravelNote.tsx";

const { row, soft, template: breaking } = styles;

export function Downloads({ record }: { readonly record: RunRecord }) {
  const { exportLog } = useActions();
  const failure = useAppState((state) => state.failures.exportLog);
  // The hash is that of the last weights only.
  const isAtEnd = useAppState(({ reports }) => (reports[record.id]?.travelledTo ?? null) === null);
  return (
    <Card title="Downloads">
      <ModelDownload runId={record.id} />
      {record.weightsSha256 && isAtEnd && (
        <p className={`${soft} ${breaking}`}>
          SHA-256 of its weights: <code>{record.weightsSha256}</code>
        </p>
      )}
      <div className={row}>
        <Button icon={Download} onClick={() => void exportLog(record.id, "jsonl")}>
          Download log (JSONL)
        </Button>
        <Button icon={Download} onClick={() => void exportLog(record.id, "csv")}>
          Download log (CSV)
        </Button>
        <Button icon={Download} onClick={() => void exportLog(record.id, "settings")}>
          Download settings (JSON)
        </Button>
      </div>
      <FailureNotice failure={failure} title="The file was not made" />
    </Card>
  );
}

function ModelDownload({ runId }: { readonly runId: string }) {
  const { canAsk } = useRunAccess(runId);
  const report = useAppState(({ reports }) => reports[runId]);
  const { exportModel } = useActions();
  const isBusy = useAppState(({ pending }) => Boolean(pending.exportModel));
  const failure = useAppState((state) => state.failures.exportModel);
  if (!canAsk || !report) {
    return <p className={soft}>The model can be downloaded while the run is open and at rest.</p>;
  }
  const { choices, reason } = downloadChoices(report);
  const saveInto = async (at: WeightsChoice["at"]) => {
    const directory = await pickDirectory();
    if (directory) await exportModel(at, directory);
  };
  return (
    <>
      <TravelNote runId={runId} verb="On the GPU is" />
      <p className={soft}>A Hugging Face folder: loads in transformers as it is. {reason}</p>
      <div className={row}>
        {choices.map(({ name, at }, i) => (
          <Button
            key={name}
            kind={i === 0 ? "primary" : "secondary"}
            icon={Download}
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
