import type { RunRecord } from "#run/store/records.ts";
import { useAppState } from "#state/hooks.ts";
import { Notice } from "../parts/Notice.tsx";

/** Of a run that came in a bundle: what it lacks, and whether its weights came out as recorded. */
export function BundleNote({ record }: { readonly record: RunRecord }) {
  const isAsRecorded = useAppState(({ bundles }) => bundles[record.id]);
  if (!record.isFromBundle) return null;
  return (
    <>
      {isAsRecorded === true && (
        <Notice kind="recovered" title="Rebuilt to the same bits">
          Base model and journal gave the very weights this run recorded: SHA-256{" "}
          {record.weightsSha256?.slice(0, 12)}…
        </Notice>
      )}
      {isAsRecorded === false && (
        <Notice title="Rebuilt, but not to the same bits">
          The weights differ from those recorded. Gaussian noise is exact on one kind of GPU only;
          otherwise an earlier version recorded weight decay, or the bundle or the base model has
          been changed.
        </Notice>
      )}
      <Notice kind="hint">
        This run came in a bundle, without its rows: its model can be asked and downloaded here, not
        trained on.
      </Notice>
    </>
  );
}
