import type { Failure } from "#base/errors.ts";
import { columnsToAsk } from "#data/tasks/columns.ts";
import type { Model } from "#model/model.ts";
import type { EvaluationOptions } from "#run/evaluation/evaluation.ts";
import type { Answers } from "#run/evaluation/examples.ts";
import { activeShare } from "#run/step/runModel.ts";
import type { TimedStep } from "#run/step/stepTimes.ts";
import type { RunPatch, RunRecord, RunStatus } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { patched } from "#run/store/storedRecords.ts";
import type { Environment } from "./environment.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { RunReport } from "./reports.ts";
import type { RunHistory } from "./runHistory.ts";
import { RunWriter } from "./runWriter.ts";
import { Speed } from "./speed.ts";

/** What a run computes with. Replaced as a whole after the GPU was lost. */
export interface RunContext {
  readonly opened: OpenModel;
  /** Its kernels and buffers, for batches of this run. */
  readonly model: Model;
  readonly data: OpenData;
}

/** Statuses that are stored; the others describe what the session does at the moment. */
const storedStatuses: readonly RunStatus[] = [
  "running",
  "paused",
  "finished",
  "diverged",
  "failed",
];

/** The run on the GPU: its record, history and weights, and what of them is saved. */
export class ActiveRun {
  readonly env: Environment;
  readonly history: RunHistory;
  readonly writer: RunWriter;
  readonly speed = new Speed();
  /** The step timed last. */
  timedStep: TimedStep | null = null;
  readonly #release: () => void;
  #record: RunRecord;
  #context: RunContext;
  #travelledTo: number | null = null;
  readonly #answers = new Map<number, Answers>();

  /**
   * @param checkpointStep of the newest checkpoint of the run; 0 without one
   * @param release frees the lock of the run
   */
  constructor(parts: {
    readonly env: Environment;
    readonly runs: RunStore;
    readonly record: RunRecord;
    readonly history: RunHistory;
    readonly checkpointStep: number;
    readonly context: RunContext;
    readonly release: () => void;
  }) {
    const { env, runs, record, history, checkpointStep, context, release } = parts;
    this.env = env;
    this.history = history;
    this.writer = new RunWriter(env, runs, record.id, {
      savedStep: history.steps.length,
      checkpointStep,
    });
    this.#record = record;
    this.#context = context;
    this.#release = release;
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): RunRecord {
    return this.#record;
  }

  get context(): RunContext {
    return this.#context;
  }

  get lastStep(): number {
    return this.history.steps.length;
  }

  /** The step whose weights are on the GPU. */
  get stepOnGpu(): number {
    return this.#travelledTo ?? this.lastStep;
  }

  /** Continues on another device, with the weights of the last step there. */
  replaceContext(context: RunContext): void {
    this.#context = context;
    this.#travelledTo = null;
  }

  /** To be called when the weights of another step have been put on the GPU. */
  setStepOnGpu(step: number): void {
    this.#travelledTo = step === this.lastStep ? null : step;
    this.report();
  }

  /** How examples are scored. */
  get judging(): Pick<EvaluationOptions, "isPerToken" | "tokenizer"> {
    return { isPerToken: this.isPerToken, tokenizer: this.#context.opened.tokenizer };
  }

  /** The loss is a mean over the tokens of the right options; else options compete. */
  get isPerToken(): boolean {
    return this.#context.data.inspection.summary.task.kind !== "classification";
  }

  /** How the validation set was answered at a step, if that is still known. */
  answersAt(step: number): Answers | undefined {
    return this.#answers.get(step);
  }

  /** Remembers answers: those of the base model, and the newest others. */
  rememberAnswers(step: number, { scores, written }: Answers): void {
    if (step > 0)
      for (const known of this.#answers.keys()) if (known > 0) this.#answers.delete(known);
    this.#answers.set(step, { scores, ...(written && { written }) });
  }

  /** Changes the record in memory; `save` stores a change. */
  change(patch: RunPatch): void {
    this.#record = patched(this.#record, patch);
  }

  /** Changes the record in the store and in memory. If the store rejects it, the writer tries again later. */
  async save(patch: RunPatch): Promise<void> {
    this.#record = (await this.writer.update(patch)) ?? patched(this.#record, patch);
  }

  async setStatus(status: RunStatus, failure?: Failure): Promise<void> {
    const patch = { status, failure };
    this.change(patch);
    try {
      if (storedStatuses.includes(status)) await this.save(patch);
    } finally {
      // Whether it was saved is known only now.
      this.report();
    }
  }

  /** Writes again what the store rejected. May be called while the run trains. */
  async saveWaiting(): Promise<void> {
    if (await this.writer.saveWaiting()) this.report();
  }

  /** True if the store rejected the last checkpoint, and the weights to save are on the GPU. */
  get isCheckpointDue(): boolean {
    return this.writer.isCheckpointDue && !this.writer.hasUnsaved && this.#travelledTo === null;
  }

  /**
   * Saves the weights of the last step, unless that was done. Nothing may be pending or in flight.
   *
   * @throws DeviceLost
   */
  async saveCheckpoint(): Promise<void> {
    if (this.env.isTemporary || this.writer.checkpointStep === this.lastStep) return;
    const { weights } = this.#context.opened;
    const { status } = this.#record;
    this.change({ status: "saving" });
    this.report();
    try {
      await this.writer.saveCheckpoint({
        step: this.lastStep,
        dtype: weights.storedDtype,
        totalBytes: weights.sizeBytes,
        pieces: weights.read(),
      });
    } finally {
      this.change({ status });
    }
  }

  /** Frees the GPU memory and the lock of the run. */
  close(): void {
    this.#context.model.destroy();
    this.#release();
  }

  report(): void {
    this.env.emit({ type: "run", run: this.toReport() });
  }

  toReport(): RunReport {
    const { settings, status } = this.#record;
    const { opened, model } = this.#context;
    const { stepsPerSecond, tokensPerSecond, isCalibrated } = this.speed;
    const isOver = ["finished", "diverged", "failed"].includes(status);
    const { measuredShare } = this.history;
    const left = settings.steps - this.lastStep;
    return {
      record: {
        ...this.#record,
        ...(status === "running" && !isCalibrated && { status: "calibrating" }),
        step: this.lastStep,
        tokens: this.history.totals.tokens,
        seconds: this.history.totals.seconds,
      },
      totalSteps: settings.steps,
      stepsPerSecond,
      tokensPerSecond,
      etaSeconds: isOver || !isCalibrated || !stepsPerSecond ? null : left / stepsPerSecond,
      gpuBytes: sumByKind(opened.weights.memory.bytesByKind(), model.memory.bytesByKind()),
      ...this.speed.timingOf(this.timedStep),
      savedAt: this.writer.savedAt,
      savedStep: this.writer.savedStep,
      hasUnsaved: this.writer.hasUnsaved,
      travelledTo: this.#travelledTo,
      activeShare: activeShare(settings, model.config, model.layout.table),
      ...(measuredShare && { measuredShare }),
      asks: columnsToAsk(this.#record.task),
    };
  }
}

function sumByKind(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const kinds = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...kinds].map((kind) => [kind, (a[kind] ?? 0) + (b[kind] ?? 0)]));
}
