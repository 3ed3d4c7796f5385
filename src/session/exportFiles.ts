import { Zip, ZipPassThrough } from "fflate";
import { ZerothError } from "#base/errors.ts";
import type { ExportedFile } from "#run/exchange/exportModel.ts";
import type { Progress } from "./reports.ts";

type OnProgress = (progress: Progress) => void;

/** The limit of the zip format without its 64-bit extension, which the library does not write. */
const MAX_ZIP_BYTES = 4_000_000_000;

/** Returns a zip of the files, without compression: weights do not compress. */
export async function zipFiles(
  folder: string,
  files: readonly ExportedFile[],
  label: string,
  onProgress: OnProgress,
): Promise<Blob> {
  const total = totalBytes(files);
  if (total > MAX_ZIP_BYTES) {
    throw new ZerothError(
      "E-STORE-1",
      `The files take ${(total / 1e9).toFixed(1)} GB; a zip holds at most 4 GB. Save into a folder instead.`,
    );
  }
  const parts: Blob[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    // Blobs may live on disk, so a large model need not fit in memory.
    else parts.push(new Blob([new Uint8Array(chunk)]));
  });
  const progress = counter(total, label, onProgress);
  for (const { name, pieces } of files) {
    const entry = new ZipPassThrough(`${folder}/${name}`);
    zip.add(entry);
    for await (const piece of pieces) {
      entry.push(piece);
      progress(piece.length);
    }
    entry.push(new Uint8Array(0), true);
    if (failure) throw failure;
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}

/** Writes the files, one after another, into a directory. A name may have one folder in front. */
export async function writeToDirectory(
  directory: FileSystemDirectoryHandle,
  files: readonly ExportedFile[],
  label: string,
  onProgress: OnProgress,
): Promise<void> {
  const progress = counter(totalBytes(files), label, onProgress);
  for (const { name, pieces } of files) {
    const [file = name, inner] = name.split("/").toReversed();
    const folder =
      inner === undefined ? directory : await directory.getDirectoryHandle(inner, { create: true });
    const handle = await folder.getFileHandle(file, { create: true });
    const stream = await handle.createWritable();
    for await (const piece of pieces) {
      await stream.write(piece);
      progress(piece.length);
    }
    await stream.close();
  }
}

function totalBytes(files: readonly ExportedFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function counter(total: number, label: string, onProgress: OnProgress): (bytes: number) => void {
  let done = 0;
  return (bytes) => {
    done += bytes;
    onProgress({ label, done, total, unit: "bytes" });
  };
}
