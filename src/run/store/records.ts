import type { Failure } from "#base/errors.ts";
import type { Interval } from "#base/interval.ts";
import type { SplitRules } from "#data/examples/splits.ts";
import type { DType } from "#data/formats/tensorSource.ts";
import type { Row, TaskSpec } from "#data/tasks/task.ts";
import type { RunSettings } from "#zo/commonSettings.ts";

/** One finished step, as it came back from the GPU. Losses in nats. */
export interface StepRecord {
  /** Counts from 1. */
  readonly step: number;
  /** (lossPlus + lossMinus) / 2. */
  readonly loss: number;
  readonly lossPlus: number;
  readonly lossMinus: number;
  readonly projectedGrad: number;
  readonly learningRate: number;
  /** Forward passes since the run began: the fair x-axis between methods. */
  readonly forwardPasses: number;
  /** Tokens pushed through the model since the run began, both signs counted. */
  readonly tokens: number;
  /** Seconds of training since the run began, pauses not counted. */
  readonly seconds: number;
  /** Set where the loss was not a finite number and no update was applied. */
  readonly notFinite?: true;
  /** What the step's method shows of itself. */
  readonly extra?: StepExtra;
}

/** Names as in a run's log. */
export interface StepExtra {
  /** The kind of step, for methods with several: "anchor" or "mini" for MeZO-SVRG. */
  readonly kind?: string;
  /** LeZO: blocks that took part, ascending. */
  readonly active_blocks?: readonly number[];
  /** Sparse-MeZO: share of the parameters that moved, as last measured. */
  readonly mask_density?: number;
  /** MeZO-SVRG, steps on a batch: the same rows and direction at the snapshot. */
  readonly snapshot_loss_plus?: number;
  readonly snapshot_loss_minus?: number;
  readonly snapshot_projected_grad?: number;
}

/** Held-out rows scored at the weights after `step` (0: before training, the zero-shot value). */
export interface EvaluationRecord {
  readonly step: number;
  /** Mean loss over the rows, nats. */
  readonly loss: number;
  /** Share of rows whose right option scored highest, or that were answered word for word, 0..1. */
  readonly accuracy: number;
  /** Mean F1 of the written answers, 0..1, where the model is judged by what it writes. */
  readonly f1?: number;
  /** Its 95 % interval, by the normal approximation. */
  readonly f1Interval?: Interval;
  readonly n: number;
  readonly seconds: number;
  readonly forwardPasses: number;
}

export type RunStatus =
  | "queued" // kept to be trained later
  | "calibrating" // compiling kernels, zero-shot evaluation, timing the first ten steps
  | "running"
  | "evaluating"
  | "saving"
  | "paused"
  | "finished"
  | "diverged" // ended with a loss that is not finite, or far above its start
  | "recovering" // the GPU was lost and is being brought back
  | "interrupted" // found at start-up: the tab or the browser ended
  | "failed";

/** What is kept of a run beside its journal and its checkpoints. */
export interface RunRecord {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly name: string;
  readonly note: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly status: RunStatus;
  /** Why it stopped, where it did not end well. */
  readonly failure?: Failure;
  /** SHA-256 over the base model's parameters (f32, table order): which model this run started from. */
  readonly modelId: string;
  readonly modelName: string;
  readonly settings: RunSettings;
  readonly task: TaskSpec;
  readonly data: RunData;
  /** The last step journaled. */
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Kernel chosen for each role, so that a resumed run makes the same bits. */
  readonly kernels: Readonly<Record<string, string>>;
  /** Sparse-MeZO's thresholds, one per parameter in table order, taken from the base weights. */
  readonly thresholds?: readonly number[];
  /** What it ran on, as the adapter named itself. */
  readonly adapter: string;
  /** Of the final weights, once finished. */
  readonly weightsSha256?: string;
  /** It came in a bundle, without rows: it can be rebuilt, asked and exported, not gone on with. */
  readonly isFromBundle?: boolean;
  readonly lastEvaluation?: EvaluationRecord;
  readonly zeroShot?: EvaluationRecord;
  /** The rows kept for it, scored once, at the best step; of a run without one, at the last. */
  readonly testEvaluation?: EvaluationRecord;
  /** The lowest validation loss: the weights of that step are the ones to keep. Step 0 is before training. */
  readonly best?: EvaluationRecord;
  /** First finding that the loss diverges; absent where it never did, and in runs of earlier versions. */
  readonly divergence?: Divergence;
  /** What always giving one answer would score; of classification with held-out rows. */
  readonly majority?: Majority;
}

/** A loss that has risen far above its start. */
export interface Divergence {
  readonly step: number;
  /** Validation loss before training or, without a validation set, mean loss of the first steps; nats. */
  readonly startLoss: number;
  /** Mean loss of the steps up to `step`, nats. */
  readonly loss: number;
}

/** What always giving the same answer scores on the held-out rows. Shares are 0..1. */
export interface Majority {
  /** The held-out rows' most frequent label, and its share of them. */
  readonly label: string;
  readonly share: number;
  /** The training rows' most frequent label, and its share of the held-out rows. */
  readonly trainLabel: string;
  readonly trainShare: number;
}

/** What of a run's record may change after its start; undefined takes an optional field away. */
export type RunPatch = {
  readonly [K in Exclude<keyof RunRecord, "schemaVersion" | "id" | "createdAt">]?:
    | RunRecord[K]
    | undefined;
};

/** Where a run's rows came from. The rows themselves are kept in the store beside the run. */
export interface RunData {
  readonly trainName: string;
  readonly trainRows: number;
  readonly devName: string;
  readonly devRows: number;
  readonly testName?: string;
  readonly testRows?: number;
  /** How they were drawn, and what was left out on purpose. */
  readonly rules?: SplitRules;
  /** Name on the hub, where the rows came from there: `stanfordnlp/sst2`. */
  readonly dataset?: string;
  /** Which of its configurations: "boolq" of "aps/super_glue". */
  readonly datasetConfig?: string;
  /** Commit the files are of, 40 hex digits. */
  readonly datasetRevision?: string;
}

/** The rows of a run, kept whole so that it can go on without the files they came from. */
export interface RunRows {
  readonly train: readonly Row[];
  readonly dev: readonly Row[];
  /** Scored once, at the end. Runs of earlier versions have none. */
  readonly test?: readonly Row[];
}

/** A base model as it is kept once for all runs that started from it; its weights lie beside. */
export interface ModelRecord {
  readonly schemaVersion: 1;
  /** SHA-256 over its parameters, as in `RunRecord.modelId`. */
  readonly id: string;
  readonly name: string;
  readonly format: "safetensors" | "pytorch";
  /** Of the file it came from. */
  readonly storedDtype: string;
  /** Parsed config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Texts of the tokenizer's files, by name. */
  readonly tokenizerFiles: Readonly<Record<string, string>>;
  /** Texts of other small files an export hands on, by name. */
  readonly otherFiles: Readonly<Record<string, string>>;
  /** Where it was downloaded from, if it was. */
  readonly origin?: ModelOrigin;
}

/** A model on a hub. */
export interface ModelOrigin {
  /** `owner/name`. */
  readonly repo: string;
  /** 40 hex digits. */
  readonly commit: string;
  /** The licence as its card names it: "other", "mit". */
  readonly licence: string;
  /** The model's page. */
  readonly address: string;
}

/** One whole set of weights in the store: of a run after `step`, or of a base model (step 0). */
export interface Manifest {
  readonly schemaVersion: 1;
  /** `<owner>.<unique>`: its parts are stored as `<snapshotId>/<number>`. */
  readonly snapshotId: string;
  /** A run's id or a model's. */
  readonly ownerId: string;
  readonly step: number;
  /** Of every weight in it. */
  readonly dtype: DType;
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Parameters in table order, cut without regard to where one ends. */
  readonly parts: readonly SnapshotPart[];
}

export interface SnapshotPart {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Kernels measured on an adapter, kept so that the choice stays put. */
export interface TuningRecord {
  readonly schemaVersion: 1;
  readonly adapter: string;
  readonly measuredAt: string;
  readonly milliseconds: number;
  /** Of the model whose shapes were measured. */
  readonly widths: string;
  /** As a run's record has them. */
  readonly kernels: Readonly<Record<string, string>>;
  /** GFLOP/s of the kernel chosen, by class; classes there was no time for are not listed. */
  readonly gflops: Readonly<Record<string, number>>;
  readonly refused: readonly string[];
}
