import { PackageOpen } from "lucide-react";
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
