import { createStore, type StoreApi } from "zustand/vanilla";
import type { Failure } from "#base/errors.ts";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { SparsityReport } from "#run/step/runModel.ts";
import type { EvaluationRecord, RunRecord } from "#run/store/records.ts";
import type { CommandBody, ModelSource } from "#session/protocol.ts";
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
  RunReport,
  RunSummary,
  ShareReport,
  WritingReport,
} from "#session/reports.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { RunSeries } from "./charts/runSeries.ts";
import { EMPTY_HUB, type HubState } from "./hub/hub.ts";
import type { Place } from "./place.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "./preferences.ts";
import type { SavedTask } from "./setup/savedTasks.ts";
import { EMPTY_DRAFT, type SettingsDraft } from "./setup/settingsForm.ts";

export type CommandType = CommandBody["type"];

/** Something the engine said unasked; it stays until it is dismissed. */
export interface NoticeItem {
  readonly key: number;
  readonly kind: "problem" | "recovered";
  readonly failure: Failure;
  /** The run it is about, if it is about one. */
  readonly runId?: string;
}

/** All the page knows, as plain data. */
export interface AppState {
  /** Set when the worker died and only a reload helps. */
  readonly broken: Failure | null;
  readonly device: DeviceReport | null;
  /** Which kernels multiply matrices here. */
  readonly kernels: KernelsReport | null;
  readonly catalogue: Catalogue | null;
  readonly progress: Progress | null;
  readonly model: ModelReport | null;
  /** The model asked for last, opened or refused. */
  readonly sourceAsked: ModelSource | null;
  readonly data: DataReport | null;
  /** What a run of the settings as typed would take on the GPU. */
  readonly memory: MemoryReport | null;
  /** The task as it is being edited, ahead of the engine's `data.task` by a moment. */
  readonly taskDraft: TaskSpec | null;
  readonly isTaskPending: boolean;
  readonly hub: HubState;
  /** The row looked at last. */
  readonly rowPreview: RowPreview | null;
  /** The saved task that was deleted last, to be brought back. */
  readonly deletedTask: SavedTask | null;
  readonly runs: readonly RunSummary[] | null;
  readonly reports: Readonly<Record<string, RunReport>>;
  /** Curves by run id. */
  readonly series: Readonly<Record<string, RunSeries>>;
  /** What Sparse-MeZO's mask left in when it was last measured, by run id. */
  readonly sparsity: Readonly<Record<string, SparsityReport>>;
  /** Held-out rows scored at the step gone back to, by run id. */
  readonly travelled: Readonly<Record<string, EvaluationRecord>>;
  /** Held-out rows one by one as they were last answered, by run id. */
  readonly examples: Readonly<Record<string, ExamplesReport>>;
  /** The latest probe of learning rates, under way or done. */
  readonly probe: LearningRateProbe | null;
  /** The settings it was made with. */
  readonly probedWith: SettingValues | null;
  /** The queue was asked to end after the run at hand. */
  readonly isQueueEnding: boolean;
  /** Whether the browser has promised to keep what is stored; null until it was asked. */
  readonly isStorageKept: boolean | null;
  /** The run the engine holds open: it can be paused, resumed, asked and exported. */
  readonly liveRunId: string | null;
  /** A start was asked for, and the run it makes has not been heard of yet. */
  readonly isStarting: boolean;
  readonly prediction: Prediction | null;
  /** What was written last, or is being written. */
  readonly writing: WritingReport | null;
  /** Settings taken over from elsewhere, until they are forgotten. */
  readonly imported: ImportedReport | null;
  /** How to hand the settings of the run asked about last on. */
  readonly share: ShareReport | null;
  /** Runs from bundles: whether their weights came out as recorded; null where nothing is recorded. */
  readonly bundles: Readonly<Record<string, boolean | null>>;
  readonly lastFreedBytes: number | null;
  readonly notices: readonly NoticeItem[];
  readonly pending: Readonly<Partial<Record<CommandType, number>>>;
  /** The last refusal of each command, until it is tried again. */
  readonly failures: Readonly<Partial<Record<CommandType, Failure>>>;
  readonly place: Place;
  readonly preferences: Preferences;
  readonly draft: SettingsDraft;
  /** The run whose settings the draft was taken from, to show what has been changed since. */
  readonly origin: RunRecord | null;
}

export type AppStore = StoreApi<AppState>;

export const INITIAL_STATE: AppState = {
  broken: null,
  device: null,
  kernels: null,
  catalogue: null,
  progress: null,
  model: null,
  sourceAsked: null,
  data: null,
  memory: null,
  taskDraft: null,
  isTaskPending: false,
  hub: EMPTY_HUB,
  rowPreview: null,
  deletedTask: null,
  runs: null,
  reports: {},
  series: {},
  sparsity: {},
  travelled: {},
  examples: {},
  probe: null,
  probedWith: null,
  isQueueEnding: false,
  isStorageKept: null,
  liveRunId: null,
  isStarting: false,
  prediction: null,
  writing: null,
  imported: null,
  share: null,
  bundles: {},
  lastFreedBytes: null,
  notices: [],
  pending: {},
  failures: {},
  place: { name: "home" },
  preferences: DEFAULT_PREFERENCES,
  draft: EMPTY_DRAFT,
  origin: null,
};

export function createAppStore(initial: Partial<AppState> = {}): AppStore {
  return createStore<AppState>(() => ({ ...INITIAL_STATE, ...initial }));
}
