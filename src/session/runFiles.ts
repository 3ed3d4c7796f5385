import { ZerothError } from "#base/errors.ts";
import { blobSource } from "#data/formats/byteSource.ts";
import { parseRunRecord } from "#run/store/storedRecords.ts";
import { closeRun } from "./closeRun.ts";
import { writeToDirectory, zipFiles } from "./exportFiles.ts";
import type { CommandOf } from "./protocol.ts";
import type { CopiedRunReport } from "./reports.ts";
import { reportProgress, type SessionState } from "./state.ts";
import { fileNameOf, listRuns } from "./storedRuns.ts";

/**
 * Copies every run of these folders or zips into the store. One that is open here is closed first.
 *
 * @throws ZerothError E-FILE-1 if there is no run in them, E-TAB-3 if one is open in another tab, and
 *   otherwise as `copyRun`; runs copied before that stay
 */
export async function importRuns(
  session: SessionState,
  { files }: CommandOf<"importRuns">,
): Promise<void> {
  const { env, storage, workspace } = session;
  const runs = await storage.runs();
  const stores = await env.runFiles.open(files.map(({ path, file }) => blobSource(path, file)));
  const report = reportProgress(session);
  const held = await env.locks.held();
  const copied: CopiedRunReport[] = [];
  for (const store of stores) {
    for (const runId of await store.keys("runs")) {
      if (held.has(runId) && workspace.run?.id !== runId) {
        throw new ZerothError(
          "E-TAB-3",
          "This run is open in another tab. Close it there, then open the folder again.",
        );
      }
      if (workspace.run?.id === runId) await closeRun(session);
      const { modelId } = parseRunRecord(await store.get("runs", runId), runId);
      // Until its run is stored, another tab would remove a base model without runs.
      const release = await env.modelLocks.share(modelId);
      try {
        const { record, isCopied, repairs } = await runs.copyFrom(store, runId, (done, total) =>
          report({ label: "Copying the run", done, total, unit: "bytes" }),
        );
        copied.push({ runId, name: record.name, isCopied, repairs });
      } finally {
        release();
      }
    }
  }
  if (copied.length === 0) {
    throw new ZerothError(
      "E-FILE-1",
      "There is no run in these files. Choose the folder that train --out made, or a zip of it.",
    );
  }
  env.emit({ type: "copied", runs: copied });
  await listRuns(session);
}

/**
 * Saves a stored run with its examples and base model as a run folder: into a directory, as a folder of
 * the run's name, or as a zip.
 *
 * @throws ZerothError E-TAB-3 if another tab writes it, E-STORE-1 if it is too large for a zip
 */
export async function saveRun(
  session: SessionState,
  { runId, directory }: CommandOf<"saveRun">,
): Promise<void> {
  const { env, storage, workspace } = session;
  if (workspace.run?.id !== runId && (await env.locks.held()).has(runId)) {
    throw new ZerothError("E-TAB-3", "Another tab trains this run. Pause it there first.");
  }
  const { record } = await (await storage.runs()).loadRun(runId);
  const files = await env.runFiles.filesOf(await storage.store(), runId);
  const report = reportProgress(session);
  const name = fileNameOf(record.name);
  if (directory) {
    const folder = await directory.getDirectoryHandle(name, { create: true });
    return writeToDirectory(folder, files, "Saving the run", report);
  }
  const blob = await zipFiles(name, files, "Saving the run", report);
  env.emit({ type: "file", name: `${name}.zip`, blob });
}
