import { weightDtypes } from "#base/dtype.ts";
import type { Failure } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { SplitName } from "#data/examples/splits.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { Table } from "#data/tasks/task.ts";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { SparsityReport } from "#run/step/runModel.ts";
import type { EvaluationRecord, StepRecord } from "#run/store/records.ts";
import { someRulesSchema } from "#run/store/rulesSchema.ts";
import { taskSchema } from "#run/store/storedRecords.ts";
import type { SettingValues } from "#zo/settings.ts";
import type {
  DatasetOffer,
  DownloadReport,
  HubChoice,
  LibraryReport,
  ModelOffer,
} from "./hubReports.ts";
import type {
  Catalogue,
  CopiedRunReport,
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
  RunReport,
  RunSummary,
  ShareReport,
  TimeEstimate,
  WritingReport,
} from "./reports.ts";

const settings: z.ZodType<SettingValues> = z.record(
  z.string(),
  z.union([z.number(), z.string(), z.boolean()]),
);
const hubChoice: z.ZodType<HubChoice> = z.object({
  endpoint: z.string(),
  token: z.string().exactOptional(),
});
const split: z.ZodType<SplitName> = z.enum(["train", "dev", "test"]);

/** A file with its path inside the folder it was picked from. */
const namedFile = z.object({ path: z.string(), file: z.instanceof(File) });

const isObject = (value: unknown) => typeof value === "object" && value !== null;
const table = z.custom<Table>(isObject);
const directory = z.custom<FileSystemDirectoryHandle>(isObject);

/** Where a model is read from. */
const modelSource = z.union([
  z.object({ kind: z.literal("demo") }),
  /** A downloaded model, by its folder in the library. */
  z.object({ kind: z.literal("cached"), folder: z.string() }),
  z.object({
    kind: z.literal("files"),
    files: z.array(namedFile).readonly(),
  }),
  /** Files that the caller has opened, in the same thread. Its weights are read when a run starts. */
  z.object({ kind: z.literal("parsed"), name: z.string(), files: z.custom<ModelFiles>(isObject) }),
]);

/** Where a table of examples is read from. */
const dataSource = z.union([
  z.object({ kind: z.literal("demo"), split: z.enum(["train", "dev"]) }),
  z.object({ kind: z.literal("file"), file: z.instanceof(File) }),
  /** A split of a downloaded data set. */
  z.object({ kind: z.literal("cached"), folder: z.string(), split: z.string() }),
  z.object({ kind: z.literal("text"), name: z.string(), text: z.string() }),
]);

const writingRequest: z.ZodType<WritingRequest> = z.object({
  prompt: z.string(),
  sampling: z.union([
    z.object({ kind: z.literal("greedy") }),
    z.object({
      kind: z.literal("sampled"),
      temperature: z.number(),
      topK: z.number(),
      topP: z.number(),
    }),
  ]),
  seed: z.number(),
  maxNewTokens: z.number(),
  stops: z.array(z.string()).readonly(),
});

/** Files made of a run's record and journal. */
const logFormat = z.enum(["jsonl", "csv", "settings", "tensorboard", "bundle"]);

/**
 * Commands that the page and the command line send, by type. Every command carries an `id`; exactly one
 * `done` or `failed` with that id answers it, after every event it caused. When a command may run is said
 * in `commands.ts`.
 */
const fields = {
  /** Looks at the adapter and tests it. Emits `device`, `kernels`, `catalogue` and `runs`. */
  checkDevice: {},
  /** Forgets which kernels are the fastest here; the next run measures again. Emits `kernels`. */
  resetTuning: {},
  /** Computes the GPU memory of a run of the open model with these settings. Emits `memory`. */
  planMemory: { settings },

  /** Opens a model and puts it on the GPU, as f32 by default. Emits `progress`, `model` and `catalogue`. */
  openModel: { source: modelSource, dtype: z.enum(weightDtypes).exactOptional() },
  /**
   * Reads tables, recognises or guesses their task and draws splits from them. Of two files, the second is
   * for what `SplitRules.secondFile` says. Emits `data`.
   */
  openData: {
    train: dataSource,
    dev: dataSource.exactOptional(),
    test: dataSource.exactOptional(),
  },
  /** Uses these tables as training, validation and test set, as they are. Emits `data`. */
  openTables: {
    train: table,
    dev: table.exactOptional(),
    test: table.exactOptional(),
    task: taskSchema,
    rules: someRulesSchema.exactOptional(),
  },
  /** Uses this task for the open data. Without labels, they are read from the data. Emits `data`. */
  setTask: { task: taskSchema },
  /** Draws the splits of the open data again; what is left out gets its default. Emits `data`. */
  setRules: { rules: someRulesSchema },
  /** Shows an example as the model reads it. Emits `rowPreview`. */
  previewRow: { part: split, index: z.number() },

  /**
   * Starts a run with the open model and data. Emits `run`, `steps` and `evaluation` until it ends.
   * `kernel` computes all matrix products, in place of the fastest.
   */
  startRun: { settings, name: z.string(), kernel: z.string().exactOptional() },
  /** Continues the open run. */
  resumeRun: {},
  /** Trains every queued run, oldest first. */
  runQueue: {},
  /** Stores a run with the open model and data, to be trained later. Emits `runs`. */
  queueRun: { settings, name: z.string() },
  /**
   * Trains a few steps at several learning rates from the same weights; nothing is kept. Emits
   * `learningRates` after each rate and at the end.
   */
  probeLearningRates: { settings },
  /**
   * Estimates how long a run with these settings takes, from a few timed steps on the open model and data;
   * nothing is kept. Emits `timeEstimate`.
   */
  estimateTime: { settings },
  /** Finishes the steps in flight, saves and pauses. */
  pauseRun: {},
  /** Pauses, then marks the run as finished at the step it has reached. */
  stopRun: {},
  /** Ends a probe of learning rates, an evaluation, a text, or the queue after its current run. */
  cancel: {},

  /** Rebuilds a stored run on the GPU. Emits `model`, `data`, `history` and `run`. */
  openRun: { runId: z.string() },
  /**
   * Stores a run that came as a bundle, and compares its weights with the recorded hash. Emits `runs`, then
   * as `openRun`, then `bundle`.
   */
  openBundle: { file: z.instanceof(Blob) },
  /**
   * Puts the weights of the open run after a step (null: its last) on the GPU, to be tried, evaluated or
   * exported. Resuming the run puts the last ones back first. Emits `run` and, with a validation set,
   * `travelled`.
   */
  travelTo: { step: z.number().nullable() },
  /** Computes the probability of each label for these column values, before and after training. Emits `prediction`. */
  predict: { values: z.record(z.string(), z.string()) },
  /**
   * Generates text from a prompt: by the weights on the GPU, then by the model before training; by the open
   * model alone if no run is open or it has no steps. Emits `written` as the text grows. `cancel` ends it.
   */
  write: { request: writingRequest },
  /**
   * Reports how the weights on the GPU answer every validation example. Emits `examples`, then again with
   * the base model's answers for comparison. `cancel` ends it.
   */
  evaluate: {},
  /** Computes the mean loss of a set at the weights on the GPU. Emits `loss`. `cancel` ends it. */
  measureLoss: { part: split },
  /**
   * Exports the fine-tuned model as a Hugging Face folder: as a zip to download, or into a directory. With
   * `at`, its best or its last weights, which are then on the GPU as after `travelTo`; else those there.
   */
  exportModel: {
    directory: directory.exactOptional(),
    at: z.enum(["best", "last"]).exactOptional(),
  },

  /** Emits `runs`. */
  listRuns: {},
  /** Reads the curves of a stored run; needs no GPU. Emits `history` and `run`. */
  viewRun: { runId: z.string() },
  /**
   * Brings a run that is shown, and not open here, up to date after a step. Emits `steps`, `evaluation` and
   * `run` if another tab has it open, `runs` if `wasHeld` is no longer true, and as `viewRun` if it was
   * closed elsewhere.
   */
  followRun: { runId: z.string(), after: z.number(), wasHeld: z.boolean() },
  /** Emits `runs`. */
  renameRun: { runId: z.string(), name: z.string() },
  /** Emits `runs`. */
  noteRun: { runId: z.string(), note: z.string() },
  /** Emits `deleted` with the bytes freed, then `runs`. */
  deleteRun: { runId: z.string() },
  /**
   * Copies runs from run folders (their files) or zips of them into the store. A run that is stored already
   * is replaced if the copy continues it. Emits `progress`, `copied` and `runs`.
   */
  importRuns: { files: z.array(namedFile).readonly() },
  /**
   * Saves a stored run as a run folder that the command line can resume: into a directory, in a folder of
   * its name, or as a zip. Emits `progress` and, for a zip, `file`.
   */
  saveRun: { runId: z.string(), directory: directory.exactOptional() },
  /** Exports the log, the settings or a bundle of a stored run. Emits `file`. */
  exportLog: { runId: z.string(), format: logFormat },
  /** Makes a link of the settings of a stored run, and a command of MeZO's repository. Emits `shared`. */
  shareRun: { runId: z.string() },
  /** Reads settings from a link, a saved file, or a command line. Emits `imported`. */
  readSettings: { text: z.string() },

  /**
   * Looks a model up; no weights are loaded. `name`: `owner/name`, `owner/name@revision` or an address. Emits
   * `offer`.
   */
  describeModel: { name: z.string(), hub: hubChoice },
  /** Looks a data set up. Emits `datasetOffer`. */
  describeDataset: { name: z.string(), hub: hubChoice },
  /**
   * Downloads what was looked up, or continues that. Of a data set, these splits. Emits `downloads` on the
   * way and `library` at the end; done when all is here, or when it was paused.
   */
  download: { folder: z.string(), splits: z.array(z.string()).readonly(), hub: hubChoice },
  /** Pauses a download; what is here stays. */
  pauseDownload: { folder: z.string() },
  /** Removes a download, finished or not. Emits `library`. */
  deleteDownload: { folder: z.string() },
  /** Emits `library`. */
  listDownloads: {},
};

export type CommandType = keyof typeof fields;

type FieldsOf<K extends CommandType> = keyof (typeof fields)[K] extends never
  ? unknown
  : Readonly<z.infer<z.ZodObject<(typeof fields)[K]>>>;
type CommandBodies = { [K in CommandType]: { readonly type: K } & FieldsOf<K> };
export type CommandOf<K extends CommandType> = CommandBodies[K];
export type CommandBody = CommandOf<CommandType>;
export type Command = { readonly id: number } & CommandBody;

export type NamedFile = z.infer<typeof namedFile>;
export type ModelSource = z.infer<typeof modelSource>;
export type DataSource = z.infer<typeof dataSource>;
export type DataSources = Omit<CommandOf<"openData">, "type">;
export type LogFormat = z.infer<typeof logFormat>;

const schemas: ReadonlyMap<unknown, z.ZodObject> = new Map(
  Object.entries(fields).map(([type, shape]) => [type, z.object(shape)]),
);
const header = z.looseObject({ id: z.number(), type: z.string() });

/** The command in a message from another thread. @throws Error for anything else */
export function parseCommand(message: unknown): Command {
  const { id, type } = header.parse(message);
  const schema = schemas.get(type);
  if (!schema) throw new Error(`There is no command "${type}".`);
  return { id, type, ...schema.parse(message) } as Command;
}

export type HubEvent =
  | { readonly type: "offer"; readonly offer: ModelOffer }
  | { readonly type: "datasetOffer"; readonly offer: DatasetOffer }
  /** Current downloads; empty when the last one has ended. */
  | { readonly type: "downloads"; readonly downloads: readonly DownloadReport[] }
  | { readonly type: "library"; readonly library: LibraryReport };

export type EngineEvent =
  | HubEvent
  | { readonly type: "done"; readonly id: number }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure }
  | { readonly type: "device"; readonly device: DeviceReport }
  | { readonly type: "kernels"; readonly kernels: KernelsReport }
  | { readonly type: "catalogue"; readonly catalogue: Catalogue }
  | { readonly type: "progress"; readonly progress: Progress | null }
  /** The open model; null if none is open any more, as after one that could not be opened. */
  | { readonly type: "model"; readonly model: ModelReport | null }
  | { readonly type: "data"; readonly data: DataReport | null }
  /** The run on the GPU, which can be resumed, tried and exported without opening it. */
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
  | { readonly type: "timeEstimate"; readonly estimate: TimeEstimate }
  | { readonly type: "sparsity"; readonly runId: string; readonly sparsity: SparsityReport }
  /** The validation set evaluated at the step of `travelTo`. */
  | { readonly type: "travelled"; readonly runId: string; readonly evaluation: EvaluationRecord }
  /** Every validation example, answered by the weights after `step`. */
  | { readonly type: "examples"; readonly runId: string; readonly examples: ExamplesReport }
  /** Mean loss of a set at the weights after `step`, nats. */
  | {
      readonly type: "loss";
      readonly runId: string;
      readonly part: SplitName;
      readonly step: number;
      readonly loss: number;
    }
  | { readonly type: "deleted"; readonly runId: string; readonly freedBytes: number }
  | { readonly type: "file"; readonly name: string; readonly blob: Blob }
  | { readonly type: "copied"; readonly runs: readonly CopiedRunReport[] }
  | { readonly type: "shared"; readonly share: ShareReport }
  | { readonly type: "imported"; readonly imported: ImportedReport }
  | { readonly type: "bundle"; readonly runId: string; readonly isAsRecorded: boolean | null }
  /** A failed save, a lost device, a diverging loss: no result of a command. `runId`: its run, if any. */
  | {
      readonly type: "notice";
      readonly failure: Failure;
      readonly kind: "problem" | "recovered";
      readonly runId?: string;
    };
