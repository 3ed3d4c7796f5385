import type { Failure } from "#base/errors.ts";
import { columnsToAsk } from "#data/tasks/columns.ts";
import type { Model } from "#model/model.ts";
import { betterOf } from "#run/evaluation/best.ts";
import { type Evaluation, type EvaluationOptions, measuresOf } from "#run/evaluation/evaluation.ts";
import { isEvaluatedAfter } from "#run/evaluation/evaluationInterval.ts";
import type { Answers } from "#run/evaluation/examples.ts";
import { DivergenceWatch, divergenceMessage, notFiniteMessage } from "#run/step/divergence.ts";
import { planAt } from "#run/step/stepPlans.ts";
import { Stepper } from "#run/step/stepper.ts";
import { extraOf } from "#run/step/stepRecords.ts";
import { evaluateAt, train } from "#run/step/trainer.ts";
import {
  addSteps,
  type JournalStep,
  NOT_FINITE,
  noTotals,
  type Totals,
  toStepRecords,
} from "#run/store/journal.ts";
import type {
  EvaluationRecord,
  RunRecord,
  RunStatus,
  StepExtra,
  StepRecord,
} from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { patched } from "#run/store/storedRecords.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import type { Environment } from "./environment.ts";
import { finalTest, finalTestStep, type GoToStep } from "./finalTest.ts";
import { Keeper } from "./keeper.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { RunReport } from "./protocol.ts";
import { activeShare, measureSparsity } from "./sparsity.ts";
import { Speed } from "./speed.ts";
import { sumBytes } from "./sumBytes.ts";

/** Steps after which a snapshot is written even without a pause: it bounds what a resume replays. */
const STEPS_PER_SNAPSHOT = 2000;

/** What a run stands on. Replaced as a whole when the GPU was lost. */
export interface RunGround {
  readonly model: OpenModel;
  readonly opt: Model;
  readonly data: OpenData;
}

/**
 * The run on the GPU: trains, tells what happens, and keeps it. Steps are journaled as soon as they
 * have come back; nothing else is ever called saved.
 */
export class ActiveRun {
  record: RunRecord;
  readonly steps: JournalStep[];
  readonly evaluations: EvaluationRecord[];
  /** Held-out rows as they were scored at the base weights and at the step scored last, by step. */
  readonly scored = new Map<number, Answers>();
  /** Step whose weights are on the GPU, where it is not the last. */
  travelledTo: number | null = null;
  #ground: RunGround;
  readonly #env: Environment;
  readonly #release: () => void;
  readonly #speed = new Speed();
  #timing: Stepper["timing"] = null;
  #totals: Totals;
  readonly #keeper: Keeper;
  #density: number | null = null;
  #divergence: DivergenceWatch | null = null;
  /** Why the run holds itself, where it was to. */
  #holdReason: Failure | null = null;

  constructor(parts: {
    env: Environment;
    runs: RunStore;
    record: RunRecord;
    steps: readonly JournalStep[];
    evaluations: readonly EvaluationRecord[];
    snapshotStep: number;
    ground: RunGround;
    release: () => void;
  }) {
    this.#env = parts.env;
    this.record = parts.record;
    this.steps = [...parts.steps];
    this.evaluations = [...parts.evaluations];
    this.#ground = parts.ground;
    this.#release = parts.release;
    this.#totals = addSteps(noTotals, parts.steps);
    const stored = { savedStep: parts.steps.length, snapshotStep: parts.snapshotStep };
    this.#keeper = new Keeper(parts.env, parts.runs, parts.record.id, stored);
  }

  get ground(): RunGround {
    return this.#ground;
  }

  /**
   * Ends the run where it stands, scored there. Its last weights must be on the GPU.
   *
   * @param isCancelled true gives up the scoring, not the end
   */
  async stop(isCancelled: () => boolean, goToStep: GoToStep): Promise<void> {
    if (this.record.status === "finished") return;
    if (!this.#isEvaluated()) await this.#evaluate(isCancelled);
    await this.#scoreTest(isCancelled, goToStep);
    await this.#finish();
  }

  /** Goes on after the GPU was lost, on new ground that stands at its last step. */
  moveTo(ground: RunGround): void {
    this.#ground = ground;
    this.travelledTo = null;
  }

  async setStatus(status: RunStatus, failure?: Failure): Promise<void> {
    const { failure: _, ...record } = this.record;
    this.record = { ...record, status, ...(failure && { failure }) };
    // A status like "evaluating" need not survive; what a reader of the store should find is kept.
    const isKept = ["running", "paused", "finished", "diverged", "failed"].includes(status);
    try {
      if (isKept) this.record = (await this.#keeper.update({ status, failure })) ?? this.record;
    } finally {
      // Only now it is known whether it was saved.
      this.report();
    }
  }

  /** What storage refused, once more. May be asked for while the run trains. */
  async saveWaiting(): Promise<void> {
    if (await this.#keeper.saveWaiting()) this.report();
  }

  /** Whether the weights on the GPU are to be saved, once there is room for them. */
  get isSnapshotWanted(): boolean {
    return this.#keeper.isSnapshotDue && !this.#keeper.hasUnsaved && this.travelledTo === null;
  }

  /** The weights that storage refused, once more. Nothing else may be at work on them. */
  async saveWeights(): Promise<void> {
    await this.#saveSnapshot().finally(() => this.report());
  }

  /** Lets go of the GPU and of the lock. */
  close(): void {
    this.#ground.opt.destroy();
    this.#release();
  }

  report(): void {
    this.#env.emit({ type: "run", run: this.reported() });
  }

  /** What is told of it at this moment. */
  reported(): RunReport {
    const total = this.record.settings.steps;
    const { model, opt } = this.#ground;
    const left = total - this.steps.length;
    const isOver = ["finished", "diverged", "failed"].includes(this.record.status);
    const { stepsPerSecond, tokensPerSecond, isCalibrated } = this.#speed;
    const isCalibrating = this.record.status === "running" && !isCalibrated;
    return {
      record: {
        ...this.record,
        ...(isCalibrating && { status: "calibrating" }),
        step: this.steps.length,
        tokens: this.#totals.tokens,
        seconds: this.#totals.seconds,
      },
      totalSteps: total,
      stepsPerSecond,
      tokensPerSecond,
      etaSeconds: isOver || !isCalibrated || !stepsPerSecond ? null : left / stepsPerSecond,
      gpuBytes: sumBytes(model.weights.memory.bytesByKind(), opt.memory.bytesByKind()),
      ...this.#speed.timingOf(this.#timing),
      savedAt: this.#keeper.savedAt,
      savedStep: this.#keeper.savedStep,
      hasUnsaved: this.#keeper.hasUnsaved,
      travelledTo: this.travelledTo,
      activeShare: activeShare(this.record.settings, model.config, opt.layout.table),
      asks: columnsToAsk(this.record.task),
    };
  }

  /** How held-out rows are judged. */
  get judging(): Pick<EvaluationOptions, "isPerToken" | "tokenizer"> {
    return { isPerToken: this.isPerToken, tokenizer: this.#ground.model.tokenizer };
  }

  /** The loss is a mean over tokens of right options; else options compete. */
  get isPerToken(): boolean {
    return this.#ground.data.inspection.summary.task.kind !== "classification";
  }

  /**
   * Trains until the end, a pause, or trouble. Resolves when nothing is in flight any more and
   * everything is saved.
   *
   * @throws DeviceLost
   */
  async go(isPauseAsked: () => boolean, goToStep: GoToStep): Promise<void> {
    this.#holdReason = null;
    const isPauseWanted = () => isPauseAsked() || this.#holdReason !== null;
    const { opt, data, model } = this.#ground;
    const { train: examples, dev } = data.inspection;
    const { settings } = this.record;
    // Made anew each time: a replay in between has used the small buffers a stepper relies on.
    const stepper = new Stepper(opt, settings, examples, this.steps, this.isPerToken);
    model.isBase = false;
    const hooks = {
      ...this.#evaluationHooks(isPauseWanted),
      onSteps: (steps: readonly JournalStep[]) => {
        this.#timing = stepper.timing;
        return this.#onSteps(steps);
      },
      onLongStep: (done: number, total: number) => this.#onLongStep(done, total),
    };
    await this.#measureSparsity();
    if (this.#isEvaluationDue() && !(await this.#evaluate(isPauseWanted))) return this.#hold(false);
    // What was told of before the run was opened again is not told anew.
    this.#divergence ??= DivergenceWatch.after(this.steps, this.record.zeroShot?.loss);
    this.#speed.restart();
    await this.setStatus("running");
    const end = await train(opt, stepper, settings, dev, hooks);
    if (end !== "finished") return this.#hold(end === "not finite");
    if (!(await this.#scoreTest(isPauseWanted, goToStep))) return this.#hold(false);
    await this.#finish();
  }

  /** Before the first step, and where a pause or an interruption came before its end. */
  #isEvaluationDue(): boolean {
    return isEvaluatedAfter(this.record.settings, this.steps.length) && !this.#isEvaluated();
  }

  #isEvaluated(): boolean {
    return this.evaluations.some(({ step }) => step === this.steps.length);
  }

  /** False if it was given up before its end. */
  async #evaluate(isPauseWanted: () => boolean): Promise<boolean> {
    const { opt, data } = this.#ground;
    const { dev } = data.inspection;
    if (dev.length === 0) return true;
    const hooks = this.#evaluationHooks(isPauseWanted);
    return (await evaluateAt(opt, this.steps.length, dev, hooks)) !== null;
  }

  /** False if the final test was given up before its end; it is then still to be done. */
  async #scoreTest(isStopped: () => boolean, goToStep: GoToStep): Promise<boolean> {
    const { test } = this.#ground.data.inspection;
    if (test.length === 0 || this.record.testEvaluation?.step === finalTestStep(this)) return true;
    // The way back from another step's weights is then short.
    await this.#saveSnapshot();
    const testEvaluation = await finalTest(this, {
      isStopped,
      goToStep,
      now: () => this.#env.now(),
      onProgress: (done) => this.#onEvaluating(done, test.length, "Final test"),
    });
    if (!testEvaluation) return false;
    this.record = { ...this.record, testEvaluation };
    return true;
  }

  #evaluationHooks(isPauseWanted: () => boolean) {
    return {
      isPauseWanted,
      judging: this.judging,
      now: () => this.#env.now(),
      onEvaluation: (step: number, evaluation: Evaluation, milliseconds: number) =>
        this.#onEvaluation(step, evaluation, milliseconds),
      onEvaluating: (done: number, total: number) => this.#onEvaluating(done, total),
    };
  }

  async #hold(isDiverged: boolean): Promise<void> {
    await this.#saveSnapshot();
    if (!isDiverged) return this.setStatus("paused", this.#holdReason ?? undefined);
    const failure = { code: "E-TRAIN-1", message: notFiniteMessage(this.steps.length) };
    this.#env.emit({ type: "notice", failure, kind: "problem" });
    await this.setStatus("diverged", failure);
  }

  async #finish(): Promise<void> {
    await this.#saveSnapshot();
    const weightsSha = await weightsSha256(this.#ground.opt.weights);
    const { testEvaluation } = this.record;
    const patch = {
      ...({ status: "finished", weightsSha256: weightsSha, failure: undefined } as const),
      ...(testEvaluation && { testEvaluation }),
    };
    this.record = (await this.#keeper.update(patch)) ?? patched(this.record, patch);
    this.report();
  }

  async #onSteps(finished: readonly JournalStep[]): Promise<void> {
    if (finished.length === 0) return;
    const records = toStepRecords(finished, this.#totals, (step) => this.#extraOf(step));
    this.#totals = addSteps(this.#totals, finished);
    this.steps.push(...finished);
    this.#speed.add(finished);
    this.#env.emit({ type: "steps", runId: this.record.id, steps: records });
    this.#watchLoss(finished);
    const isBad = finished.some(({ flags }) => flags & NOT_FINITE);
    await this.#keeper.addSteps(finished, isBad ? "strict" : "relaxed");
    this.report();
  }

  #watchLoss(finished: readonly JournalStep[]): void {
    const found = this.#divergence?.add(finished);
    if (!found) return;
    const isPaused = this.record.settings.pauseOnBlowUp === true;
    const failure = { code: "E-TRAIN-2", message: divergenceMessage(found, isPaused) };
    if (isPaused) this.#holdReason = failure;
    this.#env.emit({ type: "notice", failure, kind: "problem" });
  }

  /** What a step's method shows of itself. */
  #extraOf(step: JournalStep): StepExtra | undefined {
    const { settings } = this.record;
    const { numHiddenLayers } = this.#ground.model.config;
    const extra = extraOf(planAt(settings, numHiddenLayers, step.step - 1), step);
    return this.#density === null ? extra : { ...extra, mask_density: this.#density };
  }

  /** Those of the base model stay; of the others, the newest. */
  keepAnswers(step: number, { scores, written }: Answers): void {
    for (const known of this.scored.keys()) if (known !== 0) this.scored.delete(known);
    this.scored.set(step, { scores, ...(written && { written }) });
  }

  /** The steps after this one, as the page shows them. */
  history(after = 0): readonly StepRecord[] {
    const before = addSteps(noTotals, this.steps.slice(0, after));
    return toStepRecords(this.steps.slice(after), before, (step) => this.#extraOf(step));
  }

  #onLongStep(done: number, total: number): void {
    const label = "Anchor over all rows";
    const progress = done < total ? ({ label, done, total, unit: "examples" } as const) : null;
    this.#env.emit({ type: "progress", progress });
  }

  async #measureSparsity(): Promise<void> {
    const { opt } = this.#ground;
    const { settings, id } = this.record;
    if (traitsOf(settings).sparsity === 0) return;
    const sparsity = await measureSparsity(opt, this.steps.length);
    this.#density = sparsity.density;
    this.#env.emit({ type: "sparsity", runId: id, sparsity });
  }

  #onEvaluating(done: number, total: number, label = "Evaluating on held-out rows"): void {
    if (this.record.status === "running") {
      this.record = { ...this.record, status: "evaluating" };
      this.report();
    }
    const progress = done < total ? ({ label, done, total, unit: "examples" } as const) : null;
    this.#env.emit({ type: "progress", progress });
  }

  async #onEvaluation(step: number, result: Evaluation, milliseconds: number): Promise<void> {
    const evaluation: EvaluationRecord = {
      step,
      ...measuresOf(result),
      seconds: milliseconds / 1000,
      forwardPasses: this.#totals.forwardPasses,
    };
    this.evaluations.push(evaluation);
    this.keepAnswers(step, result);
    this.#env.emit({ type: "evaluation", runId: this.record.id, evaluation });
    await this.#keeper.addEvaluation(evaluation);
    const zeroShot = step === 0 ? { zeroShot: evaluation } : {};
    const best = betterOf(this.record.best, evaluation);
    const status = this.record.status === "evaluating" ? "running" : this.record.status;
    this.record = {
      ...this.record,
      status,
      lastEvaluation: evaluation,
      ...zeroShot,
      ...(best && { best }),
    };
    await this.#measureSparsity();
    const since = this.steps.length - this.#keeper.snapshotStep;
    if (since >= STEPS_PER_SNAPSHOT) await this.#saveSnapshot();
    this.report();
  }

  /** The weights as they stand, in the store. Nothing may be pending or in flight. */
  async #saveSnapshot(): Promise<void> {
    if (this.#keeper.snapshotStep === this.steps.length) return;
    const { weights } = this.#ground.model;
    const before = this.record.status;
    this.record = { ...this.record, status: "saving" };
    this.report();
    const saving = this.#keeper.saveSnapshot({
      step: this.steps.length,
      dtype: weights.storedDtype,
      totalBytes: weights.sizeBytes,
      pieces: weights.read(),
    });
    await saving.finally(() => {
      this.record = { ...this.record, status: before };
    });
  }
}
