import { useActions, useAppState } from "#state/hooks.ts";
import { importSummary } from "#state/run/sharing.ts";
import { Notice } from "../parts/Notice.tsx";

/** What was taken over from a link, a file or a command, and what was not. */
export function ImportedNote() {
  const imported = useAppState((state) => state.imported);
  const data = useAppState((state) => state.data);
  const { forgetImport } = useActions();
  if (!imported) return null;
  const [first, ...rest] = importSummary(imported, data);
  return (
    <Notice kind="recovered" title={first ?? ""} onDismiss={forgetImport}>
      {rest.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </Notice>
  );
}
