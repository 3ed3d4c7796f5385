import type { Failure } from "#base/errors.ts";
import type { DataSummary } from "#data/examples/checkData.ts";
import type { SplitName, SplitRules } from "#data/examples/splits.ts";
import type { TaskChoice } from "#data/tasks/choices.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { ExampleResult } from "#run/evaluation/examples.ts";
import type { Written } from "#run/evaluation/writing.ts";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { ModelOrigin, RunRecord } from "#run/store/records.ts";
import type { MethodDescription } from "#zo/methods/method.ts";
import type { SettingDescription, SettingValues } from "#zo/settings.ts";

// Reports of the engine, as plain data.

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

/** Kernels for matrix products and their measured speed. */
export interface KernelsReport {
  /** Chosen by a table, on software adapters, so that the same settings give the same weights. */
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
    /** "few.narrow": number of rows of x, and width of the product. */
    readonly name: string;
    readonly kernel: string;
    /** Null where nothing was measured. */
    readonly gflops: number | null;
  }[];
  /** Kernels that gave wrong results here or do not compile, a sentence each. */
  readonly refused: readonly string[];
}

export interface SelfTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured: "3 of 3 known answers", "largest error 4.8e-7, allowed 1e-5". */
  readonly detail: string;
}

/** The methods with their settings, and the settings common to all. */
export interface Catalogue {
  /** With settings of their own only; `commonSettings` apply to all. */
  readonly methods: readonly MethodDescription[];
  readonly commonSettings: readonly SettingDescription[];
  readonly demo: { readonly settings: SettingValues };
}

/** Progress of a command. */
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
  /** Learning rate that each method starts with on a model of this size, by its id, and where the rule is from. */
  readonly learningRates?: {
    readonly byMethod: Readonly<Record<string, number>>;
    readonly source: string;
  };
  /** Where it was downloaded from, if it was. */
  readonly origin?: ModelOrigin;
  /** Changes that were made to its files when reading them, in sentences. */
  readonly notes?: readonly string[];
}

/** Facts about the open data, and choices for it. */
export interface DataReport extends DataSummary {
  /** Rows of each split, usable or not: the range of `previewRow`. */
  readonly partRows: Readonly<Record<SplitName, number>>;
  /** The splits of a stored run, which cannot be drawn again. */
  readonly isStored: boolean;
  readonly fileNames: readonly string[];
  /** How the splits were drawn, in sentences. */
  readonly split: string;
  /** Rules that were set; the others have their defaults. */
  readonly chosenRules: Partial<SplitRules>;
  /** Files that were not used, in sentences. */
  readonly notes: readonly string[];
  /** Every task that fits the columns, the recognised one first. */
  readonly choices: readonly TaskChoice[];
}

export interface RunSummary {
  readonly record: RunRecord;
  readonly sizeBytes: number;
  /** Another tab holds it. */
  readonly isLockedElsewhere: boolean;
}

/** A run that was copied into the store. */
export interface CopiedRunReport {
  readonly runId: string;
  readonly name: string;
  /** False if it was stored already, at this step or a later one. */
  readonly isCopied: boolean;
  /** Damage in the source and how it was handled, in sentences. */
  readonly repairs: readonly string[];
}

/** GPU memory of a run of these settings. */
export interface MemoryReport {
  /** By kind. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly totalBytes: number;
  /** To the byte, for the opened data; otherwise for examples of 64 tokens. */
  readonly isExact: boolean;
}

/** How long the parts of a step take, in milliseconds. */
export interface StepTiming {
  /** Reading, updating and perturbing the weights. */
  readonly weightPassMs: number;
  /** Matrix products, the head's among them. */
  readonly productsMs: number;
  readonly attentionMs: number;
  /** Norms, embeddings, the loss. */
  readonly restMs: number;
  /** The rest of the time from step to step: recording, submitting, the queue. */
  readonly waitingMs: number;
  /** The step that was timed, from 1. */
  readonly step: number;
  /** By the host's clock, each part alone, because the GPU has no clock. */
  readonly isEstimate: boolean;
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
  /** Some of it is in memory only: steps after `savedStep`, an evaluation, or its status. */
  readonly hasUnsaved: boolean;
  /** The step whose weights are on the GPU, if it is not the last one; else null. */
  readonly travelledTo: number | null;
  /** Share of the parameters that a step updates, on average, computed from the settings, 0..1. */
  readonly activeShare: number;
  /**
   * Share of the parameters inside Sparse-MeZO's mask, as measured on the weights after `step`. It shrinks
   * during a run: thresholds are magnitudes of the base model, and weights that grow beyond them leave the mask.
   */
  readonly measuredShare?: { readonly share: number; readonly step: number };
  /** Columns to fill in for a prediction. */
  readonly asks: readonly string[];
}

/** Learning rates tried so far, ascending; all from the same weights and on the same examples. */
export interface LearningRateProbe {
  readonly points: readonly {
    readonly learningRate: number;
    /** Mean loss on the probe's examples after the steps, nats; null if it was not finite. */
    readonly loss: number | null;
  }[];
  /** Mean loss on the probe's examples before any step. */
  readonly lossBefore: number;
  readonly stepsEach: number;
  readonly rows: number;
  /** Suggested rate, once all were tried; null if none lowered the loss. */
  readonly suggested: number | null;
  readonly isDone: boolean;
}

/** How long a run is expected to take, on this GPU with nothing else running on it. */
export interface TimeEstimate {
  /** Steps and evaluations; without loading the model and compiling. */
  readonly seconds: number;
  readonly secondsPerStep: number;
  /** Part of `seconds` that evaluations take. */
  readonly evaluationSeconds: number;
  /** Steps it is computed from. */
  readonly stepsTimed: number;
}

export interface ExamplesReport {
  readonly step: number;
  /** In the order of the validation set. */
  readonly rows: readonly ExampleResult[];
}

/** Ways to share the settings of a run. */
export interface ShareReport {
  readonly runId: string;
  /** Fragment of the link, behind the page's address and `#`; null if it is too long. */
  readonly fragment: string | null;
  /** Reason if there is none; else empty. */
  readonly whyNoLink: string;
  /** For `large_models/` of MeZO's repository; no command if that program does not support the run. */
  readonly runPy: { readonly command: string | null; readonly notes: readonly string[] };
}

/** Imported settings, complete and checked. */
export interface ImportedReport {
  readonly settings: SettingValues;
  readonly task: TaskSpec | null;
  /** How splits were drawn, as far as the source says. */
  readonly rules: Partial<SplitRules>;
  /** The model they were used with, as named in the source. */
  readonly model: string | null;
  /** Name of their run; empty if unknown. */
  readonly name: string;
  /** What was ignored or assumed, in sentences. */
  readonly notes: readonly string[];
}

/** Text generated so far. */
export interface WritingReport {
  readonly request: WritingRequest;
  /** By the model before training; null until it starts. */
  readonly before: SideReport | null;
  /** By the weights on the GPU; null if they are those of the base model. */
  readonly after: SideReport | null;
}

export interface SideReport {
  /** Whole characters only. */
  readonly text: string;
  /** With the one that ended it. */
  readonly tokens: number;
  /** Measured since the first token; null until there are two. */
  readonly tokensPerSecond: number | null;
  /** Tokens cut from the start of the prompt to fit the model's positions. */
  readonly cutTokens: number;
  /** Null until it ends. */
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
