import { Pause, X } from "lucide-react";
import { useState } from "react";
import type { DownloadReport } from "#session/hubReports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { downloadPace, downloadProgress } from "#state/hub/hub.ts";
import { formatBytes } from "#state/text/format.ts";
import { Button } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { ProgressBar } from "../../parts/ProgressBar.tsx";
import { FileList } from "./FileList.tsx";
import styles from "./Hub.module.css";

/** Downloads under way. They go on while a run trains, and while one looks elsewhere on the page. */
export function Downloads({ kind }: { readonly kind: DownloadReport["kind"] }) {
  const downloads = useAppState((state) => state.hub.downloads);
  return downloads
    .filter((report) => report.kind === kind)
    .map((report) => <OneDownload key={report.folder} report={report} />);
}

function OneDownload({ report }: { readonly report: DownloadReport }) {
  const [isAsking, setIsAsking] = useState(false);
  const { pauseDownload, deleteDownload } = useActions();
  const { folder, repo, doneBytes } = report;
  return (
    <section className={`${styles.offer} ${styles.download}`} aria-label={`Download of ${repo}`}>
      <ProgressBar progress={downloadProgress(report)} />
      <p className={styles.pace}>{downloadPace(report)}</p>
      <FileList files={report.files} />
      <div className={styles.row}>
        <Button icon={Pause} onClick={() => void pauseDownload(folder)}>
          Pause download
        </Button>
        <Button kind="quiet" icon={X} onClick={() => setIsAsking(true)}>
          Cancel download
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Cancel the download of ${repo}?`}
        confirm="Cancel and delete"
        onConfirm={() => void deleteDownload(folder)}
      >
        <p>
          The {formatBytes(doneBytes)} that are here are deleted. To keep them for later, pause
          instead.
        </p>
      </ConfirmDialog>
    </section>
  );
}
