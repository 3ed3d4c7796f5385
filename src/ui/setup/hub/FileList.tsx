import { formatBytes, formatPlural } from "#state/text/format.ts";
import styles from "./Hub.module.css";

interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly doneBytes?: number;
}

/** The files of a download, folded. */
export function FileList({ files }: { readonly files: readonly ListedFile[] }) {
  return (
    <details className={styles.files}>
      <summary>{formatPlural(files.length, "file")}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {files.map(({ path, sizeBytes, doneBytes }) => (
            <tr key={path}>
              <td>{path}</td>
              <td>
                {doneBytes === undefined ? "" : `${formatBytes(doneBytes)} of `}
                {formatBytes(sizeBytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
