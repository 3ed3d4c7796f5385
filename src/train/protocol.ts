import type { Failure } from "#base/errors.ts";
import type { WeightDtype } from "#base/storage.ts";
import type { DataFacts } from "#data/inspect.ts";
import type { RowPreview } from "#data/rowPreview.ts";
import type { PartName, RowRules } from "#data/rowRules.ts";
import type { CustomTask, TaskSpec } from "#data/task.ts";
import type { TaskChoice } from "#data/tasks/choices.ts";
import type { RowTrouble } from "#data/troubles.ts";
import type { MethodDescription, SettingDescription, SettingValues } from "#zo/settings.ts";
import type { MemoryReport, StepTiming } from "./cost.ts";
import type { ExampleResult } from "./examples.ts";
import type { HubCommand, HubEvent } from "./hubProtocol.ts";
import type { EvaluationRecord, Majority, ModelOrigin, RunRecord, StepRecord } from "./records.ts";
import type { Sampling } from "./sampling.ts";
import type { Written } from "./writing.ts";
import type { WritingRequest } from "./writingRequest.ts";

export type * from "./hubProtocol.ts";
export type {
  CustomTask,
  EvaluationRecord,
  ExampleResult,
  Failure,
  Majority,
  MemoryReport,
  MethodDescription,
  ModelOrigin,
  PartName,
  RowPreview,
  RowRules,
  RowTrouble,
  RunRecord,
  Sampling,
  SettingDescription,
  SettingValues,
  StepRecord,
  StepTiming,
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
  | { readonly type: "setRules"; readonly rules: Partial<RowRules> }
  /** Look at one row as the model will read it. Answered by `rowPreview`. */
  | { readonly type: "previewRow"; readonly part: PartName; readonly index: number }
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

export type ModelSource =
  | { readonly kind: "demo" }
  /** A model that was downloaded, by its folder in the library. */
  | { readonly kind: "cached"; readonly folder: string }
  | { readonly kind: "files"; readonly files: readonly NamedFile[] };

/** A file with its path inside the folder it was picked from. */
export interface NamedFile {
  readonly path: string;
  readonly file: File;
}

export type DataSource =
  | { readonly kind: "demo"; readonly split: "train" | "dev" }
  | { readonly kind: "file"; readonly file: File }
  /** A split of a data set that was downloaded. */
  | { readonly kind: "cached"; readonly folder: string; readonly split: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string };

export type EngineEvent =
  | HubEvent
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure }
  | { readonly type: "device"; readonly device: DeviceReport }
  | { readonly type: "kernels"; readonly kernels: KernelsReport }
  | { readonly type: "catalogue"; readonly catalogue: Catalogue }
  | { readonly type: "progress"; readonly progress: Progress | null }
  | { readonly type: "model"; readonly model: ModelReport }
  | { readonly type: "data"; readonly data: DataReport }
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

export interface DeviceReport {
  readonly state: "ready" | "unavailable";
  /** Why not, where unavailable. */
  readonly failure?: Failure;
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** WebGPU emulated on the processor (SwiftShader, lavapipe): slow, good enough for the demo. */
  readonly isSoftware: boolean;
  readonly hasF16: boolean;
  readonly hasSubgroups: boolean;
  readonly limits: readonly { readonly name: string; readonly value: number }[];
  readonly selfTest: readonly SelfTestResult[];
}

/** Which kernels multiply matrices, and how fast they were measured to be. */
export interface KernelsReport {
  /** By a table, on software adapters, so that the same settings give the same weights. */
  readonly isFixed: boolean;
  /** Null before the first measurement. */
  readonly measured: {
    /** ISO time. */
    readonly at: string;
    readonly milliseconds: number;
    /** Of the model whose shapes were measured: "768 / 3072". */
    readonly widths: string;
  } | null;
  readonly classes: readonly {
    /** "few.narrow": how many rows, and what is multiplied. */
    readonly name: string;
    readonly kernel: string;
    /** Null where nothing was measured. */
    readonly gflops: number | null;
  }[];
  /** Kernels that gave wrong answers here or do not compile, a sentence each. */
  readonly refused: readonly string[];
}

export interface SelfTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured: "3 of 3 known answers", "largest error 4.8e-7, allowed 1e-5". */
  readonly detail: string;
}

/** Everything a form needs: methods with their settings, and the settings common to all. */
export interface Catalogue {
  /** With settings of their own only; `commonSettings` apply to all. */
  readonly methods: readonly MethodDescription[];
  readonly commonSettings: readonly SettingDescription[];
  readonly demo: { readonly settings: SettingValues };
}

/** A wait with an end in sight; null when nothing is waited for. */
export interface Progress {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "tensors" | "shaders" | "examples" | "steps" | "files";
}

export interface ModelReport {
  readonly name: string;
  readonly format: "safetensors" | "pytorch" | "stored";
  readonly storedDtype: string;
  readonly parameterCount: number;
  readonly numHiddenLayers: number;
  readonly hiddenSize: number;
  readonly numAttentionHeads: number;
  readonly vocabSize: number;
  readonly maxPositionEmbeddings: number;
  readonly weightBytes: number;
  /** Allocated on the GPU now, by kind. */
  readonly gpuBytes: Readonly<Record<string, number>>;
  readonly sha256: string;
  /** Where it was downloaded from, if it was. */
  readonly origin?: ModelOrigin;
}

/** Files for up to three parts. Of two, the second is what `RowRules.secondFile` says. */
export interface RowSources {
  readonly train: DataSource;
  readonly dev?: DataSource;
  readonly test?: DataSource;
}

/** What is known of the rows, and what may be chosen for them. */
export interface DataReport extends DataFacts {
  /** Rows of each part that were read, usable or not: what `previewRow` counts. */
  readonly partRows: Readonly<Record<PartName, number>>;
  /** They are a stored run's: drawn already, and not to be drawn anew. */
  readonly isStored: boolean;
  readonly fileNames: readonly string[];
  /** Which rows are in which part and by which rule, in sentences. */
  readonly split: string;
  /** Rules that were set by hand; the others are as usual. */
  readonly chosenRules: Partial<RowRules>;
  /** What was passed over in opening them. */
  readonly notes: readonly string[];
  /** Every task that may be chosen for the rows, the recognised one first. */
  readonly choices: readonly TaskChoice[];
}

export interface RunSummary {
  readonly record: RunRecord;
  readonly sizeBytes: number;
  /** Another tab holds it. */
  readonly isLockedElsewhere: boolean;
}

export interface RunReport {
  readonly record: RunRecord;
  /** Steps planned. */
  readonly totalSteps: number;
  readonly stepsPerSecond: number | null;
  readonly tokensPerSecond: number | null;
  /** Seconds left at the present rate; null until ten steps have been timed. */
  readonly etaSeconds: number | null;
  readonly gpuBytes: Readonly<Record<string, number>>;
  /** Where a step's time goes; absent until it is measured, or where the GPU offers no clock. */
  readonly timing?: StepTiming;
  /** ISO time of the last write that was confirmed; null before the first. */
  readonly savedAt: string | null;
  readonly savedStep: number;
  /** The step whose weights are on the GPU, where it is not the last one; else null. */
  readonly travelledTo: number | null;
  /** Share of the parameters that may move, by the method's and the run's choices, 0..1. */
  readonly activeShare: number;
  /** What to fill in to ask its model about a row of one's own. */
  readonly asks: readonly string[];
}

/** Learning rates tried so far, ascending; all from the same weights and on the same rows. */
export interface LearningRateProbe {
  readonly points: readonly {
    readonly learningRate: number;
    /** Mean loss on the probe rows after the steps, nats; null where it was no finite number. */
    readonly loss: number | null;
  }[];
  /** Mean loss on the probe rows before any step. */
  readonly lossBefore: number;
  readonly stepsEach: number;
  readonly rows: number;
  /** The rate to take, once all were tried; null if none lowered the loss. */
  readonly suggested: number | null;
  readonly isDone: boolean;
}

/** What Sparse-MeZO's mask leaves in, measured on the weights after `step`. */
export interface SparsityReport {
  readonly step: number;
  /** Share of all parameters that move, 0..1. */
  readonly density: number;
  /** One entry per matrix; 1-D tensors move whole and are not listed. */
  readonly tensors: readonly {
    readonly name: string;
    readonly elements: number;
    /** Weights with |θ| at most this move. */
    readonly threshold: number;
    readonly density: number;
    /** Counts of |θ| in 64 bins, each a sixteenth of the threshold wide; the last takes the rest. */
    readonly histogram: readonly number[];
  }[];
}

export interface ExamplesReport {
  readonly step: number;
  /** In the order of the rows. */
  readonly rows: readonly ExampleResult[];
}

/** How to hand a run's settings on. */
export interface ShareReport {
  readonly runId: string;
  /** What to put behind the page's address and `#`; null where it would be too long. */
  readonly fragment: string | null;
  /** Why there is none; else empty. */
  readonly whyNoLink: string;
  /** For `large_models/` of MeZO's repository; no command where that program cannot do the run. */
  readonly runPy: { readonly command: string | null; readonly notes: readonly string[] };
}

/** Settings that came from elsewhere, whole and checked. */
export interface ImportedReport {
  readonly settings: SettingValues;
  readonly task: TaskSpec | null;
  /** How rows were drawn, as far as the source says. */
  readonly rules: Partial<RowRules>;
  /** The model they were used with, as the source names it. */
  readonly model: string | null;
  /** Of the run they came from; empty where nothing says. */
  readonly name: string;
  /** What was passed over or taken for granted, in sentences. */
  readonly notes: readonly string[];
}

/** What has been written so far. */
export interface WritingReport {
  readonly request: WritingRequest;
  /** By the model before training; null until its turn comes. */
  readonly before: SideReport | null;
  /** By the weights on the GPU; null where they are the base's. */
  readonly after: SideReport | null;
}

export interface SideReport {
  /** Whole characters only. */
  readonly text: string;
  /** With the one that ended it. */
  readonly tokens: number;
  /** Measured since the first token; null until there are two. */
  readonly tokensPerSecond: number | null;
  /** Tokens the prompt lost at its beginning to fit the model's table of positions. */
  readonly cutTokens: number;
  /** null while it is being written. */
  readonly ending: Written["ending"] | null;
}

export interface Prediction {
  readonly values: Readonly<Record<string, string>>;
  readonly options: readonly {
    readonly label: string;
    readonly word: string;
    readonly before: number;
    readonly after: number;
  }[];
}
