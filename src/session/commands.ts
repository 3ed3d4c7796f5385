import { previewRow } from "#data/examples/rowPreview.ts";
import { checkDevice } from "./checkDevice.ts";
import { evaluateExamples, measureLoss } from "./evaluateExamples.ts";
import { exportLog } from "./exportLog.ts";
import { exportModel } from "./exportModel.ts";
import { deleteDownload, describeDataset, describeModel } from "./hub.ts";
import { resetTuning } from "./kernelChoice.ts";
import { openBundle } from "./openBundle.ts";
import { openDataFrom, openModelFrom, openRun, openTables, setRules, setTask } from "./opening.ts";
import { predict } from "./predict.ts";
import type { CommandOf, CommandType } from "./protocol.ts";
import { travelTo } from "./restoreWeights.ts";
import { planMemory } from "./runContext.ts";
import { importRuns, saveRun } from "./runFiles.ts";
import { readSettings, shareRun } from "./sharing.ts";
import type { SessionState } from "./state.ts";
import { deleteRun, followRun, listRuns, noteRun, renameRun, viewRun } from "./storedRuns.ts";
import {
  addToQueue,
  pauseTraining,
  resumeRun,
  runQueue,
  startNewRun,
  stopTraining,
} from "./trainCommands.ts";
import { estimateTime, probeLearningRates } from "./trialSteps.ts";
import { write } from "./write.ts";

/** When a command may run, and what it waits for. */
export type Policy =
  /** Runs at once, also while a run trains. */
  | "immediate"
  /** Immediate, and may take long: the progress of other commands stays on display when it ends. */
  | "background"
  /** Rejected while a run trains. Runs after the commands before it. */
  | "exclusive"
  /** Exclusive. A lost GPU is replaced first. An earlier `cancel` does not apply to it. */
  | "gpu"
  /** As "gpu", and until it ends commands that are not immediate are rejected. */
  | "training";

interface Entry<K extends CommandType> {
  readonly policy: Policy;
  handler(session: SessionState, command: CommandOf<K>): Promise<void>;
}

/** What each command does, and when it may. */
export const commands: { readonly [K in CommandType]: Entry<K> } = {
  checkDevice: { policy: "immediate", handler: checkDevice },
  resetTuning: { policy: "immediate", handler: resetTuning },
  planMemory: { policy: "immediate", handler: planMemory },

  openModel: { policy: "exclusive", handler: openModelFrom },
  openData: { policy: "exclusive", handler: openDataFrom },
  openTables: { policy: "exclusive", handler: openTables },
  setTask: { policy: "exclusive", handler: setTask },
  setRules: { policy: "exclusive", handler: setRules },
  previewRow: {
    policy: "immediate",
    handler: async ({ env, workspace }, { part, index }) => {
      const { summary, tables } = workspace.requireData().inspection;
      const { tokenizer } = workspace.requireModel();
      const preview = previewRow(tokenizer, summary.task, tables[part], part, index);
      env.emit({ type: "rowPreview", preview });
    },
  },

  startRun: { policy: "training", handler: startNewRun },
  resumeRun: { policy: "training", handler: resumeRun },
  runQueue: { policy: "training", handler: runQueue },
  queueRun: { policy: "gpu", handler: addToQueue },
  probeLearningRates: { policy: "gpu", handler: probeLearningRates },
  estimateTime: { policy: "gpu", handler: estimateTime },
  pauseRun: { policy: "immediate", handler: pauseTraining },
  stopRun: { policy: "immediate", handler: stopTraining },
  cancel: { policy: "immediate", handler: async ({ schedule }) => schedule.cancel() },

  openRun: { policy: "gpu", handler: openRun },
  openBundle: { policy: "gpu", handler: openBundle },
  travelTo: { policy: "gpu", handler: travelTo },
  predict: { policy: "gpu", handler: predict },
  write: { policy: "gpu", handler: write },
  evaluate: { policy: "gpu", handler: evaluateExamples },
  measureLoss: { policy: "gpu", handler: measureLoss },
  exportModel: { policy: "gpu", handler: exportModel },

  listRuns: { policy: "immediate", handler: listRuns },
  viewRun: { policy: "immediate", handler: viewRun },
  followRun: { policy: "background", handler: followRun },
  renameRun: { policy: "immediate", handler: renameRun },
  noteRun: { policy: "immediate", handler: noteRun },
  deleteRun: { policy: "immediate", handler: deleteRun },
  importRuns: { policy: "exclusive", handler: importRuns },
  saveRun: { policy: "exclusive", handler: saveRun },
  exportLog: { policy: "immediate", handler: exportLog },
  shareRun: { policy: "immediate", handler: shareRun },
  readSettings: { policy: "immediate", handler: readSettings },

  describeModel: { policy: "background", handler: describeModel },
  describeDataset: { policy: "background", handler: describeDataset },
  download: {
    policy: "background",
    handler: ({ downloads }, { folder, splits, hub }) => downloads.download(folder, splits, hub),
  },
  pauseDownload: {
    policy: "background",
    handler: ({ downloads }, { folder }) => downloads.pause(folder),
  },
  deleteDownload: { policy: "background", handler: deleteDownload },
  listDownloads: { policy: "background", handler: ({ downloads }) => downloads.reportLibrary() },
};
