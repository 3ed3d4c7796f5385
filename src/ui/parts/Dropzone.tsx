import { type DragEvent, type ReactNode, useState } from "react";
import type { NamedFile } from "#session/protocol.ts";
import { droppedFiles } from "#state/setup/files.ts";
import styles from "./Dropzone.module.css";

interface DropzoneProps {
  readonly onFiles: (files: readonly NamedFile[]) => void;
  readonly children: ReactNode;
}

/** A place to drop files or folders on. It always holds buttons that do the same (WCAG 2.5.7). */
export function Dropzone({ onFiles, children }: DropzoneProps) {
  const [isOver, setIsOver] = useState(false);
  const onDrop = async (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) onFiles(files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside do the same by keyboard
    <div
      className={`${styles.zone} ${isOver ? styles.over : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => void onDrop(event)}
    >
      {children}
    </div>
  );
}
