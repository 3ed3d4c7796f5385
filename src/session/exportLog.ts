import { writeBundle } from "#run/exchange/bundle.ts";
import { logAsCsv, logAsJsonl, settingsFile } from "#run/exchange/runLog.ts";
import { tensorboardFileName, tensorboardLog } from "#run/exchange/tensorboard.ts";
import { toStepRecords } from "#run/store/journal.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import type { RunStore } from "#run/store/runStore.ts";
import type { CommandOf, LogFormat } from "./protocol.ts";
import type { SessionState } from "./state.ts";
import { fileNameOf } from "./storedRuns.ts";

/** Exports the log, the settings or a bundle of a stored run as a file; needs no GPU. */
export async function exportLog(
  { env, storage }: SessionState,
  { runId, format }: CommandOf<"exportLog">,
): Promise<void> {
  const runs = await storage.runs();
  const run = await runs.loadRun(runId);
  const { name, parts, type } = await fileOf(run, runs, format);
  env.emit({ type: "file", name, blob: new Blob([parts], { type }) });
}

interface File {
  readonly name: string;
  readonly parts: string | Uint8Array<ArrayBuffer>;
  /** MIME type. */
  readonly type: string;
}

async function fileOf(run: LoadedRun, runs: RunStore, format: LogFormat): Promise<File> {
  const { record, steps: journal, evaluations } = run;
  const log = { record, evaluations, steps: toStepRecords(journal) };
  const named = (ending: string) => `${fileNameOf(record.name)}-${ending}`;
  switch (format) {
    case "jsonl":
      return { name: named("log.jsonl"), parts: logAsJsonl(log), type: "application/x-ndjson" };
    case "csv":
      return { name: named("log.csv"), parts: logAsCsv(log), type: "text/csv" };
    case "settings":
      return {
        name: named("settings.json"),
        parts: settingsFile(record),
        type: "application/json",
      };
    case "tensorboard":
      // TensorBoard recognises files by "tfevents" and the number after it.
      return {
        name: tensorboardFileName(record),
        parts: tensorboardLog(log),
        type: "application/octet-stream",
      };
    case "bundle": {
      const { record: base } = await runs.loadModel(record.modelId);
      const parts = writeBundle({ record, journal, evaluations, base });
      return { name: named("bundle.zip"), parts, type: "application/zip" };
    }
    default:
      return format satisfies never;
  }
}
