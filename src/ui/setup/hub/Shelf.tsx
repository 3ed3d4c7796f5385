import { FolderOpen, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import type { LibraryEntry } from "#session/hubReports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { entryName, entryNotes } from "#state/hub/hub.ts";
import { formatBytes } from "#state/text/format.ts";
import { Button, IconButton } from "../../parts/Button.tsx";
import { ConfirmDialog } from "../../parts/ConfirmDialog.tsx";
import { FailureNotice } from "../../parts/Notice.tsx";
import styles from "./Hub.module.css";

interface ShelfProps {
  readonly title: string;
  readonly entries: readonly LibraryEntry[];
  readonly onOpen: (entry: LibraryEntry) => void;
}

/** What was downloaded, whole or in part: opened, gone on with, deleted. */
export function Shelf({ title, entries, onOpen }: ShelfProps) {
  const refusal = useAppState((state) => state.failures.deleteDownload);
  if (entries.length === 0) return null;
  return (
    <div className={styles.shelf}>
      <h3>{title}</h3>
      <ul className={styles.shelf} aria-label={title}>
        {entries.map((one) => (
          <Entry key={one.folder} entry={one} onOpen={onOpen} />
        ))}
      </ul>
      <FailureNotice failure={refusal} title="Nothing was deleted" />
    </div>
  );
}

function Entry({ entry, onOpen }: Pick<ShelfProps, "onOpen"> & { readonly entry: LibraryEntry }) {
  const { resumeDownload } = useActions();
  const { folder, isWhole, canResume } = entry;
  const name = entryName(entry);
  return (
    <li className={styles.entry}>
      <div>
        <strong>{name}</strong>
        {entryNotes(entry).map((note) => (
          <small key={note}>{note}</small>
        ))}
      </div>
      <div className={styles.entryActions}>
        {isWhole && (
          <Button icon={FolderOpen} aria-label={`Open ${name}`} onClick={() => onOpen(entry)}>
            Open
          </Button>
        )}
        {canResume && (
          <Button
            icon={Play}
            aria-label={`Go on with ${name}`}
            onClick={() => void resumeDownload(folder)}
          >
            Go on
          </Button>
        )}
        <Delete entry={entry} />
      </div>
    </li>
  );
}

function Delete({ entry }: { readonly entry: LibraryEntry }) {
  const [isAsking, setIsAsking] = useState(false);
  const { deleteDownload } = useActions();
  const name = entryName(entry);
  return (
    <>
      <IconButton icon={Trash2} label={`Delete ${name}`} onClick={() => setIsAsking(true)} />
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Delete ${name} from this computer?`}
        confirm="Delete the download"
        onConfirm={() => void deleteDownload(entry.folder)}
      >
        <p>
          That frees {formatBytes(entry.sizeBytes)}. Runs made with it keep what they need; to open
          it again it must be downloaded again.
        </p>
      </ConfirmDialog>
    </>
  );
}
