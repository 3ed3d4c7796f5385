import { FolderOpen, PackageOpen } from "lucide-react";
import { useActions, useAppState, useIsTraining } from "#state/hooks.ts";
import { FilePicker } from "../parts/FilePicker.tsx";

/** A run somebody handed on: it is rebuilt here from the same base model. */
export function OpenBundle() {
  const { openBundle } = useActions();
  const isTraining = useIsTraining();
  const hasGpu = useAppState(({ device }) => device?.state === "ready");
  const isOpening = useAppState(({ pending }) => Boolean(pending.openBundle));
  return (
    <FilePicker
      label={isOpening ? "Opening the bundle" : "Open a bundle"}
      icon={PackageOpen}
      accept=".zip"
      disabled={isTraining || !hasGpu || isOpening}
      onPick={([file]) => file && void openBundle(file)}
    />
  );
}

/** A run folder of the command line, or one saved in another browser, as a folder or a zip. */
export function OpenRunFolder() {
  const { importRuns } = useActions();
  const isTraining = useIsTraining();
  const isOpening = useAppState(({ pending }) => Boolean(pending.importRuns));
  const isDisabled = isTraining || isOpening;
  return (
    <>
      <FilePicker
        label={isOpening ? "Copying the run" : "Open a run folder"}
        icon={FolderOpen}
        isFolder
        disabled={isDisabled}
        onPick={(files) => void importRuns(files)}
      />
      <FilePicker
        label="Open a run zip"
        icon={FolderOpen}
        accept=".zip"
        isMultiple
        disabled={isDisabled}
        onPick={(files) => void importRuns(files)}
      />
    </>
  );
}
