import type { ByteSource } from "#data/formats/byteSource.ts";
import type { Parser } from "#data/parser/parser.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import type { ExportedFile } from "#run/exchange/exportedFile.ts";
import type { EvaluationRecord, StepRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import type { Store } from "#run/store/store.ts";
import type { SettingValues } from "#zo/settings.ts";
import type {
  DatasetOffer,
  DownloadReport,
  HubChoice,
  KnownModel,
  LibraryEntry,
  ModelOffer,
} from "./hubReports.ts";
import type { EngineEvent } from "./protocol.ts";
import type { RunReport } from "./reports.ts";

/** What a session needs from where it runs. Provided by the entry; the session never detects where it is. */
export interface Environment {
  /** Undefined where there is no WebGPU. */
  readonly gpu: GPU | undefined;
  readonly sources: ShaderSources;
  openStore(): Promise<Store>;
  readonly demo: DemoAssets;
  readonly hub: HubLibrary;
  /** Reads model files and tables, in a thread that can be stopped. */
  readonly parser: Parser;
  readonly locks: RunLocks;
  readonly modelLocks: ModelLocks;
  readonly tabs: OtherTabs;
  /** Milliseconds, any origin. */
  now(): number;
  date(): Date;
  /** A new name, of letters, digits and dashes. */
  newId(): string;
  /** Estimate of the free storage in bytes, or null if unknown. */
  freeBytes(): Promise<number | null>;
  readonly runFiles: RunFiles;
  emit(event: EngineEvent): void;
  /** Kernel measurements of this machine; without it they are kept in the store. */
  readonly tunings?: Pick<RunStore["tunings"], "load" | "save">;
  /** Nothing outlives the session: weights are not saved, but read from the model's files again. */
  readonly isTemporary?: true;
}

/** Run folders, and zips of them, as files. */
export interface RunFiles {
  /** Stores with runs among these files, open for reading. @throws ZerothError E-FILE-1 */
  open(files: readonly ByteSource[]): Promise<readonly Store[]>;
  /** A run of a store with everything it needs, as the files of a run folder. @throws ZerothError E-STORE-3 */
  filesOf(store: Store, runId: string): Promise<readonly ExportedFile[]>;
}

/** The bundled model and its data. */
export interface DemoAssets {
  describe(): Promise<DemoDescription>;
  files(names: readonly string[]): Promise<readonly ByteSource[]>;
  text(name: string): Promise<string>;
}

/** `demo.json` beside the bundled model. */
export interface DemoDescription {
  readonly name: string;
  readonly files: readonly string[];
  readonly train: string;
  readonly dev: string;
  readonly template: string;
  readonly labels: readonly string[];
  readonly words: readonly string[];
  readonly settings: SettingValues;
  readonly sentences: readonly string[];
}

/** Models and data sets of a hub, and those that are downloaded. */
export interface HubLibrary {
  readonly known: readonly KnownModel[];
  /** @throws ZerothError E-NET-*, E-FILE-* */
  describeModel(name: string, hub: HubChoice): Promise<DescribedModel>;
  /** @throws ZerothError E-NET-*, E-DATA-1 */
  describeDataset(name: string, hub: HubChoice): Promise<Omit<DatasetOffer, "freeBytes">>;
  /**
   * Downloads a model or data set that was described before, or continues; pauses when the signal is aborted.
   *
   * @throws the signal's reason; ZerothError E-NET-*, E-FILE-3, E-TAB-3; StorageFull
   */
  download(
    folder: string,
    splits: readonly string[],
    hub: HubChoice,
    signal: AbortSignal,
    onStanding: (standing: DownloadReport) => void,
  ): Promise<void>;
  list(): Promise<readonly LibraryEntry[]>;
  /** @throws ZerothError E-STORE-3 if it is not downloaded completely */
  open(
    folder: string,
    split?: string,
  ): Promise<{ readonly entry: LibraryEntry; readonly files: readonly ByteSource[] }>;
  delete(folder: string): Promise<void>;
}

/** A model as the hub describes it. Its memory is computed from its config. */
export interface DescribedModel
  extends Omit<ModelOffer, "parameterCount" | "memory" | "memoryProblem" | "freeBytes"> {
  /** Parsed config.json. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Locks of runs: one writer per run, in all tabs. */
export interface RunLocks {
  /** Returns a function that releases the lock, or null if another tab holds it. */
  acquire(runId: string): Promise<(() => void) | null>;
  /** Runs that any tab holds, this one included. */
  held(): Promise<ReadonlySet<string>>;
}

/** Locks of base models, in all tabs: a model that any tab uses is not removed. */
export interface ModelLocks {
  /** Marks a model as in use; waits while it is being removed. Returns a function that ends the use. */
  share(modelId: string): Promise<() => void>;
  /** Locks a model for removal. Returns a function that releases it, or null while it is in use. */
  takeAlone(modelId: string): Promise<(() => void) | null>;
}

/** The other tabs that have this page open. */
export interface OtherTabs {
  /** Returns the answer of the tab that has the run open; null if none answers in time. */
  ask(question: RunQuestion): Promise<RunNews | null>;
  /** Sets how this tab answers the others: null for a run that is not open here. */
  onAsk(answer: (question: RunQuestion) => RunNews | null): void;
}

export interface RunQuestion {
  readonly runId: string;
  /** The last step the asking tab has. */
  readonly after: number;
}

export interface RunNews {
  readonly run: RunReport;
  readonly steps: readonly StepRecord[];
  /** From the last known step on: it may have been evaluated after the last answer. */
  readonly evaluations: readonly EvaluationRecord[];
}
