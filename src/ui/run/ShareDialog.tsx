import { Share2 } from "lucide-react";
import { useState } from "react";
import type { RunRecord } from "#run/store/records.ts";
import type { ShareReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { shareAddress } from "#state/run/sharing.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import controls from "../parts/controls.module.css";
import { Dialog } from "../parts/Dialog.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import styles from "./ShareDialog.module.css";

/** The settings of a run for somebody else: as a link, or as a command of MeZO's repository. */
export function ShareButton({ record }: { readonly record: RunRecord }) {
  const [isOpen, setIsOpen] = useState(false);
  const { shareRun } = useActions();
  const open = () => {
    setIsOpen(true);
    void shareRun(record.id);
  };
  return (
    <>
      <Button icon={Share2} onClick={open}>
        Share settings
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title="Share these settings">
        <Shared runId={record.id} />
      </Dialog>
    </>
  );
}

function Shared({ runId }: { readonly runId: string }) {
  const share = useAppState((state) => state.share);
  const failure = useAppState((state) => state.failures.shareRun);
  if (failure) return <FailureNotice failure={failure} />;
  if (share?.runId !== runId) return <Waiting label="Reading the run" />;
  return (
    <>
      <Link share={share} />
      <RunPy share={share} />
    </>
  );
}

function Link({ share: { fragment, whyNoLink } }: { readonly share: ShareReport }) {
  if (fragment === null) return <Notice kind="hint">{whyNoLink}</Notice>;
  const address = shareAddress(location.href, fragment);
  return (
    <section className={styles.part} aria-labelledby="share-link">
      <h3 id="share-link">As a link</h3>
      <p className={controls.help}>
        Holds method, settings and prompt. Rows, weights and results are not in it, and nothing is
        sent anywhere until you pass it on.
      </p>
      <input
        className={`${controls.input} ${controls.mono}`}
        readOnly
        value={address}
        aria-label="Link to these settings"
        onFocus={(event) => event.target.select()}
      />
      <div>
        <CopyButton label="Copy link" text={address} />
      </div>
    </section>
  );
}

function RunPy({ share }: { readonly share: ShareReport }) {
  const { command: text, notes: remarks } = share.runPy;
  return (
    <section className={styles.part} aria-labelledby="share-run-py">
      <h3 id="share-run-py">As run.py</h3>
      {text === null ? (
        <p className={controls.help}>There is no equivalent command of the MeZO repository.</p>
      ) : (
        <>
          <p className={controls.help}>
            The same run with PyTorch, in <code>large_models/</code> of the MeZO repository.
          </p>
          <textarea
            className={`${controls.input} ${controls.mono} ${styles.command}`}
            readOnly
            rows={8}
            aria-label="Command"
            value={text}
          />
          <div>
            <CopyButton label="Copy command" text={text} />
          </div>
        </>
      )}
      <ul className={styles.notes}>
        {remarks.map((remark) => (
          <li key={remark}>{remark}</li>
        ))}
      </ul>
    </section>
  );
}
