import type { WeightDtype } from "#base/dtype.ts";
import type { Failure, Remedy } from "#base/errors.ts";
import type { DataProblem } from "#data/examples/problems.ts";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { SplitName, SplitRules } from "#data/examples/splits.ts";
import type { TaskChoice } from "#data/tasks/choices.ts";
import type { CustomTask, TaskSpec } from "#data/tasks/task.ts";
import type { ExampleResult } from "#run/evaluation/examples.ts";
import type { Sampling } from "#run/evaluation/sampling.ts";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type {
  EvaluationRecord,
  Majority,
  ModelOrigin,
  RunRecord,
  StepRecord,
} from "#run/store/records.ts";
import type { MethodDescription } from "#zo/methods/method.ts";
import type { SettingDescription, SettingValues } from "#zo/settings.ts";
import type { HubCommand, HubEvent } from "./hubProtocol.ts";
import type {
  Catalogue,
  DataReport,
  DeviceReport,
  ExamplesReport,
  ImportedReport,
  KernelsReport,
  LearningRateProbe,
  MemoryReport,
  ModelReport,
  Prediction,
  Progress,
  RowSources,
  RunReport,
  RunSummary,
  ShareReport,
  SparsityReport,
  WritingReport,
} from "./reports.ts";
import type { ModelSource } from "./sources.ts";

export type * from "./hubProtocol.ts";
export type * from "./reports.ts";
export type * from "./sources.ts";
export type {
  CustomTask,
  DataProblem,
  EvaluationRecord,
  ExampleResult,
  Failure,
  Majority,
  MethodDescription,
  ModelOrigin,
  Remedy,
  RowPreview,
  RunRecord,
  Sampling,
  SettingDescription,
  SettingValues,
  SplitName,
  SplitRules,
  StepRecord,
  TaskChoice,
  TaskSpec,
  WritingRequest,
};

/**
 * What the page may ask of the engine, and what the engine tells the page. Every command carries an
 * `id`; exactly one `done` or `failed` with that id answers it, after every event it caused.
 */
export type Command = { readonly id: number } & CommandBody;

export type CommandBody =
  | HubCommand
  /** Look at the adapter, run the self-test. Answered by `device`, `kernels`, `catalogue` and `runs`. */
  | { readonly type: "checkDevice" }
  /**
   * Open a checkpoint and put it on the GPU, as f32 unless told. Answered by `model`; `progress` on the
   * way. A run that stores its weights otherwise reads them again.
   */
  | { readonly type: "openModel"; readonly source: ModelSource; readonly dtype?: WeightDtype }
  /** Read rows, recognise or guess their task and draw parts from them. Answered by `data`. */
  | ({ readonly type: "openData" } & RowSources)
  /**
   * Use the open rows with this template and these words. Answered by `data`. Without labels, as
   * after a change of `labelColumn`, labels and words are read from the rows and guessed.
   */
  | { readonly type: "setTask"; readonly task: TaskSpec }
  /** Draw the parts of the open rows anew; what is left out is as usual. Answered by `data`. */
  | { readonly type: "setRules"; readonly rules: Partial<SplitRules> }
  /** Look at one row as the model will read it. Answered by `rowPreview`. */
  | { readonly type: "previewRow"; readonly part: SplitName; readonly index: number }
  /** Begin a run with the open model and data. `run`, `steps`, `evaluation` follow; done at its end. */
  | { readonly type: "startRun"; readonly settings: SettingValues; readonly name: string }
  /** Keep a run to be trained later, with the open model and data. Answered by `runs`. */
  | { readonly type: "queueRun"; readonly settings: SettingValues; readonly name: string }
  /** Train every queued run, oldest first; `run`, `steps`, ... follow for each; done at the end. */
  | { readonly type: "runQueue" }
  /**
   * A few steps at several rates from the same weights on fixed rows; nothing is kept. Answered by
   * `learningRates`, after each rate and at the end.
   */
  | { readonly type: "probeLearningRates"; readonly settings: SettingValues }
  /** Forget which kernels are the fastest here; the next run measures again. Answered by `kernels`. */
  | { readonly type: "resetTuning" }
  /** What a run of these settings with the open model would take. Answered by `memory`. */
  | { readonly type: "planMemory"; readonly settings: SettingValues }
  /** Ends a probe of learning rates, an evaluation, or the queue after the run at hand. */
  | { readonly type: "cancel" }
  /** Finish the step at hand, save, and hold. */
  | { readonly type: "pauseRun" }
  /** Go on with the open run. */
  | { readonly type: "resumeRun" }
  /** Pause, then mark the run finished where it stands. */
  | { readonly type: "stopRun" }
  /** Rebuild a stored run: base or checkpoint + journal. Answered by `model`, `data`, `run`, `history`. */
  | { readonly type: "openRun"; readonly runId: string }
  /**
   * Put the open run's weights as they were after a step (null: its last), to be asked, evaluated or
   * exported. Going on with the run brings its last weights back first. Answered by `run` and, where
   * rows are held out, by `travelled`.
   */
  | { readonly type: "travelTo"; readonly step: number | null }
  /** Read a stored run's curves only; needs no GPU. Answered by `run` and `history`. */
  | { readonly type: "viewRun"; readonly runId: string }
  /**
   * Bring a run that is looked at, and not open here, up to date after this step. Answered by `steps`,
   * `evaluation` and `run` where another tab has it open; by `runs` where that is not as the page has it
   * (`wasHeld`), and as `viewRun` is where it was let go of.
   */
  | {
      readonly type: "followRun";
      readonly runId: string;
      readonly after: number;
      readonly wasHeld: boolean;
    }
  | { readonly type: "listRuns" }
  | { readonly type: "renameRun"; readonly runId: string; readonly name: string }
  | { readonly type: "noteRun"; readonly runId: string; readonly note: string }
  /** Answered by `deleted` with the bytes freed, then `runs`. */
  | { readonly type: "deleteRun"; readonly runId: string }
  /** Probability of each label for these column values, at the base and at the current weights. */
  | { readonly type: "predict"; readonly values: Readonly<Record<string, string>> }
  /**
   * Write on from a prompt: by the weights on the GPU, then by the model before training; by the open
   * model alone where no run is open or it has no steps. Answered by `written`, again and again as the
   * text grows. `cancel` ends it.
   */
  | { readonly type: "write"; readonly request: WritingRequest }
  /**
   * How the weights on the GPU answer every held-out row. Answered by `examples`: at once where the
   * rows were scored at this step before, then again when the base model has been asked for
   * comparison. `cancel` ends it.
   */
  | { readonly type: "evaluate" }
  /**
   * The tuned model as a Hugging Face folder: a zip to download, or into a picked directory. With
   * `at`, its best or its last weights, which are then on the GPU as after `travelTo`; else those
   * that are there.
   */
  | {
      readonly type: "exportModel";
      readonly directory?: FileSystemDirectoryHandle;
      readonly at?: "best" | "last";
    }
  /** Log, settings or bundle of a stored run, as a file. Answered by `file`. */
  | { readonly type: "exportLog"; readonly runId: string; readonly format: LogFormat }
  /** A stored run's settings as a link, and as a command of MeZO's repository. Answered by `shared`. */
  | { readonly type: "shareRun"; readonly runId: string }
  /** Settings from a link, a saved file, or a command line. Answered by `imported`. */
  | { readonly type: "readSettings"; readonly text: string }
  /**
   * A run somebody handed on: kept beside one's own, rebuilt on the GPU and its weights compared with
   * the recorded hash. Answered by `runs`, then as `openRun` is, then `bundle`.
   */
  | { readonly type: "openBundle"; readonly file: Blob };

/** Files made of a run's record and journal. */
export type LogFormat = "jsonl" | "csv" | "settings" | "tensorboard" | "bundle";

export type EngineEvent =
  | HubEvent
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure }
  | { readonly type: "device"; readonly device: DeviceReport }
  | { readonly type: "kernels"; readonly kernels: KernelsReport }
  | { readonly type: "catalogue"; readonly catalogue: Catalogue }
  | { readonly type: "progress"; readonly progress: Progress | null }
  /** What lies open; null where nothing does any more, as after a model that could not be opened. */
  | { readonly type: "model"; readonly model: ModelReport | null }
  | { readonly type: "data"; readonly data: DataReport | null }
  /** Which run is on the GPU: the one that can be resumed, asked and exported without opening it. */
  | { readonly type: "live"; readonly runId: string | null }
  | { readonly type: "rowPreview"; readonly preview: RowPreview }
  | { readonly type: "runs"; readonly runs: readonly RunSummary[] }
  | { readonly type: "run"; readonly run: RunReport }
  | { readonly type: "memory"; readonly memory: MemoryReport }
  | {
      readonly type: "history";
      readonly runId: string;
      readonly steps: readonly StepRecord[];
      readonly evaluations: readonly EvaluationRecord[];
    }
  | { readonly type: "steps"; readonly runId: string; readonly steps: readonly StepRecord[] }
  | { readonly type: "evaluation"; readonly runId: string; readonly evaluation: EvaluationRecord }
  | { readonly type: "prediction"; readonly prediction: Prediction }
  | { readonly type: "written"; readonly writing: WritingReport }
  | { readonly type: "learningRates"; readonly probe: LearningRateProbe }
  | { readonly type: "sparsity"; readonly runId: string; readonly sparsity: SparsityReport }
  /** Held-out rows scored at a step gone back to. */
  | { readonly type: "travelled"; readonly runId: string; readonly evaluation: EvaluationRecord }
  /** Held-out rows one by one, answered by the weights after `step`. */
  | { readonly type: "examples"; readonly runId: string; readonly examples: ExamplesReport }
  | { readonly type: "deleted"; readonly runId: string; readonly freedBytes: number }
  | { readonly type: "file"; readonly name: string; readonly blob: Blob }
  | { readonly type: "shared"; readonly share: ShareReport }
  | { readonly type: "imported"; readonly imported: ImportedReport }
  | { readonly type: "bundle"; readonly runId: string; readonly isAsRecorded: boolean | null }
  /** Something the person should know that no command asked for (a save that failed, a lost device). */
  | { readonly type: "notice"; readonly failure: Failure; readonly kind: "problem" | "recovered" };
