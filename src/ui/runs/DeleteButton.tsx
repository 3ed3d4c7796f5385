import { Trash2 } from "lucide-react";
import { useState } from "react";
import type { RunSummary } from "#session/reports.ts";
import { useActions } from "#state/hooks.ts";
import { formatBytes, formatCount } from "#state/text/format.ts";
import { IconButton } from "../parts/Button.tsx";
import { ConfirmDialog } from "../parts/ConfirmDialog.tsx";

export function DeleteButton({ run }: { readonly run: RunSummary }) {
  const { record, sizeBytes } = run;
  const [isAsking, setIsAsking] = useState(false);
  const { deleteRun } = useActions();
  const lost =
    record.status === "queued"
      ? "Its settings and its rows"
      : `Its weights, its ${formatCount(record.step)} steps and its note`;
  return (
    <>
      <IconButton icon={Trash2} label={`Delete ${record.name}`} onClick={() => setIsAsking(true)} />
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Delete “${record.name}”?`}
        confirm="Delete the run"
        onConfirm={() => void deleteRun(record.id)}
      >
        <p>
          {lost} are removed from this browser. That frees {formatBytes(sizeBytes)} and cannot be
          undone.
        </p>
      </ConfirmDialog>
    </>
  );
}
