import { writeBundle } from "#run/exchange/bundle.ts";
import { logAsCsv, logAsJsonl, settingsFile } from "#run/exchange/runLog.ts";
import { tensorboardFileName, tensorboardLog } from "#run/exchange/tensorboard.ts";
import { toStepRecords } from "#run/store/journal.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { type Desk, runsOf } from "./desk.ts";
import type { LogFormat } from "./protocol.ts";
import { fileNameOf } from "./storedRuns.ts";

/** What a stored run has to tell, as a file; needs no GPU. */
export async function exportLog(desk: Desk, runId: string, format: LogFormat): Promise<void> {
  const runs = await runsOf(desk);
  const run = await runs.loadRun(runId);
  const { name, parts, type } = await fileOf(run, runs, format);
  desk.env.emit({ type: "file", name, blob: new Blob([parts], { type }) });
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
      // TensorBoard goes by "tfevents" in the name, and by the number behind it.
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
