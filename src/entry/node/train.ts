import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { ZerothError } from "#base/errors.ts";
import { wilsonInterval } from "#base/interval.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { withHead } from "#model/head.ts";
import { toKernelRecord } from "#model/linearChoice.ts";
import { matchTensors } from "#model/matchTensors.ts";
import type { Model } from "#model/model.ts";
import { parameterTable } from "#model/parameters.ts";
import { type Evaluation, evaluate, measuresOf } from "#run/evaluation/evaluation.ts";
import { betterOf } from "#run/evaluation/evaluationSteps.ts";
import { majorityOf } from "#run/evaluation/majority.ts";
import { DivergenceWatch, divergenceMessage } from "#run/step/divergence.ts";
import { replay } from "#run/step/replay.ts";
import { headOf, measureSparsity, prepareMasks } from "#run/step/runModel.ts";
import { planAt } from "#run/step/stepPlans.ts";
import { Stepper } from "#run/step/stepper.ts";
import { extraOf } from "#run/step/stepRecords.ts";
import { evaluateAt, train } from "#run/step/trainer.ts";
import { type BaseWeights, baseSha256, baseWeightsOf } from "#run/store/baseWeights.ts";
import {
  addSteps,
  type JournalStep,
  NOT_FINITE,
  noTotals,
  toStepRecords,
} from "#run/store/journal.ts";
import type { EvaluationRecord, RunRecord } from "#run/store/records.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { admitRun } from "#session/admission.ts";
import { openFolderStore } from "#storage/folderStore.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import { type Arguments, settingsFrom } from "./flags.ts";
import { fastestLinear } from "./kernels.ts";
import { createModel, loadWeights, type OpenedFolder, openFolder, openNodeDevice } from "./open.ts";
import { print } from "./print.ts";
import { readTrainingRows, type TrainingRows } from "./rows.ts";
import { needTwo } from "./score.ts";
import { readTask } from "./task.ts";

/** A run on its way into a folder. */
interface Kept {
  readonly runs: RunStore;
  readonly id: string;
}

/** `train MODEL TRAIN.jsonl …`: a line per step, then `{"final_loss", "weights_sha256"}`. */
export async function trainCommand(args: Arguments): Promise<void> {
  const [folder, path] = needTwo(args, "train MODEL TRAIN.jsonl --method mezo --steps 100 …");
  const settings = settingsFrom(args);
  const opened = await openFolder(folder);
  const task = await readTask(args, opened, path);
  const isPerToken = task.kind !== "classification";
  const read = await readTrainingRows(args, path, task, opened.tokenizer);
  const { train: rows, dev, test } = read;
  const device = await openNodeDevice();
  const dtype = settings.dtype;
  const head = headOf(task, settings);
  const config = withHead(opened.config, head);
  const sets = [dev?.examples ?? [], test?.examples ?? []];
  const needs = { config, settings, trained: rows.examples, evaluated: sets };
  await admitRun(device, needs, "not read yet");
  const linear = await fastestLinear(device, config, dtype, args.flags["linear"]);
  const model = await createModel(device, await loadWeights(device, opened, dtype, head), {
    settings,
    linear,
    trained: rows.examples,
    evaluated: sets.flat(),
  });
  const thresholds = await prepareMasks(model, settings);
  const majority = majorityOf(task, rows.examples, dev?.examples ?? []);
  const base = baseWeightsOf(matchTensors(parameterTable(opened.config), opened.checkpoint));
  const record = await describeRun(args, folder, opened, base, {
    ...(majority && { majority }),
    settings,
    task,
    adapter: `${device.info.vendor} ${device.info.architecture} ${device.info.description}`.trim(),
    kernels: toKernelRecord(linear),
    ...(thresholds ? { thresholds } : {}),
    data: describeRows(read),
  });
  const kept = await keep(args, record, opened, base, {
    train: rows.table.rows,
    dev: dev?.table.rows ?? [],
    ...(test && { test: test.table.rows }),
  });
  const stepper = new Stepper(model, settings, rows.examples, [], isPerToken);
  const printer = new StepPrinter(kept, settings, model);
  await printer.measure();
  const hooks = {
    now: () => performance.now(),
    onSteps: (steps: readonly JournalStep[]) => printer.steps(steps),
    onEvaluation: (step: number, evaluation: Evaluation, milliseconds: number) =>
      printer.evaluation(step, evaluation, milliseconds),
    onEvaluating: () => {},
    onLongStep: () => {},
    isPauseWanted: () => printer.isHeld,
    judging: { isPerToken, tokenizer: opened.tokenizer },
  };
  if (dev) await evaluateAt(model, 0, dev.examples, hooks);
  const end = await train(model, stepper, settings, dev?.examples ?? [], hooks);
  printer.flush();
  await finish(model, end, kept, {
    examples: rows.examples,
    test: test?.examples ?? [],
    isPerToken,
    tokenizer: opened.tokenizer,
    best: printer.best,
    at: { step: settings.steps, forwardPasses: printer.forwardPasses },
    goToStep: async (step: number) => {
      await model.weights.load(matchTensors(model.layout.table, opened.checkpoint));
      await replay(model, settings, printer.journal.slice(0, step));
    },
  });
}

function describeRows({ train: rows, dev, test, rules }: TrainingRows): RunRecord["data"] {
  return {
    trainName: rows.table.name,
    trainRows: rows.table.rows.length,
    devName: dev?.table.name ?? "",
    devRows: dev?.table.rows.length ?? 0,
    ...(test && { testName: test.table.name, testRows: test.table.rows.length }),
    ...(rules && { rules }),
  };
}

/** What a run that came to its end is judged by. */
interface Judging {
  readonly examples: readonly EncodedExample[];
  /** Scored once, with the weights of the best step, as in MeZO; without one, of the last. */
  readonly test: readonly EncodedExample[];
  readonly isPerToken: boolean;
  readonly tokenizer: Tokenizer;
  readonly at: Pick<EvaluationRecord, "step" | "forwardPasses">;
  readonly best: EvaluationRecord | undefined;
  /** Puts the weights after a step on the GPU. */
  goToStep(step: number): Promise<void>;
}

async function finish(
  model: Model,
  end: string,
  kept: Kept | null,
  judging: Judging,
): Promise<void> {
  const sha256 = await weightsSha256(model.weights);
  const status = end === "finished" ? "finished" : end === "paused" ? "paused" : "diverged";
  await kept?.runs.updateRun(kept.id, { status, weightsSha256: sha256 });
  if (end === "paused") {
    throw new ZerothError("E-TRAIN-2", "The run was paused because its loss ran away.");
  }
  if (end !== "finished") {
    throw new ZerothError(
      "E-TRAIN-1",
      "The loss was not a finite number; that step changed nothing and training stopped there. " +
        "Try a smaller learning rate.",
    );
  }
  const { examples, isPerToken, best } = judging;
  const { loss } = await evaluate(model, examples, { isPerToken });
  const tested = await finalTest(model, judging);
  if (tested) await kept?.runs.updateRun(kept.id, { testEvaluation: tested });
  print({
    final_loss: loss,
    weights_sha256: sha256,
    ...(tested && {
      test_step: tested.step,
      test_loss: tested.loss,
      test_accuracy: tested.accuracy,
      test_n: tested.n,
      ...(tested.f1 !== undefined && { test_f1: tested.f1 }),
    }),
    ...(best && {
      best_step: best.step,
      best_eval_loss: best.loss,
      best_eval_accuracy: best.accuracy,
    }),
  });
}

/** Null where no rows were kept for it. Leaves the weights of the step tested on the GPU. */
async function finalTest(
  model: Model,
  { test, isPerToken, tokenizer, at, best, goToStep }: Judging,
): Promise<EvaluationRecord | null> {
  if (test.length === 0) return null;
  const { step, forwardPasses } = best ?? at;
  if (step !== at.step) await goToStep(step);
  const started = performance.now();
  const tested = await evaluate(model, test, { isPerToken, tokenizer });
  const seconds = (performance.now() - started) / 1000;
  return { step, ...measuresOf(tested), seconds, forwardPasses };
}

async function describeRun(
  { flags }: Arguments,
  folder: string,
  { checkpoint }: OpenedFolder,
  base: BaseWeights,
  facts: Pick<
    RunRecord,
    "settings" | "task" | "adapter" | "kernels" | "thresholds" | "data" | "majority"
  >,
): Promise<RunRecord> {
  const now = new Date().toISOString();
  const name = basename(folder);
  return {
    schemaVersion: 1,
    id: randomUUID(),
    name: flags["name"] ?? name,
    note: "",
    createdAt: now,
    updatedAt: now,
    status: "running",
    step: 0,
    tokens: 0,
    seconds: 0,
    modelId: flags["out"] ? await baseSha256(base) : checkpoint.format,
    modelName: name,
    ...facts,
  };
}

/** Keeps the base model and the run in the folder of `--out`. */
async function keep(
  { flags }: Arguments,
  record: RunRecord,
  { checkpoint }: OpenedFolder,
  base: BaseWeights,
  rows: Parameters<RunStore["createRun"]>[1],
): Promise<Kept | null> {
  const out = flags["out"];
  if (out === undefined) return null;
  const runs = openRunStore(await openFolderStore(out), () => new Date());
  const weights = {
    step: 0,
    dtype: base.dtype,
    totalBytes: base.sizeBytes,
    pieces: base.pieces(),
  };
  await runs.saveModel(
    {
      schemaVersion: 1,
      id: record.modelId,
      name: record.modelName,
      format: checkpoint.format,
      storedDtype: checkpoint.tensors.values().next().value?.dtype ?? "F32",
      config: checkpoint.config,
      tokenizerFiles: Object.fromEntries(checkpoint.tokenizerFiles),
      otherFiles: Object.fromEntries(checkpoint.otherFiles),
    },
    weights,
  );
  await runs.createRun(record, rows);
  return { runs, id: record.id };
}

/** Prints steps in Hugging Face's and MeZO's names; an evaluation goes into its step's line. */
class StepPrinter {
  readonly #kept: Kept | null;
  readonly #settings: RunSettings;
  readonly #model: Model;
  #density: number | null = null;
  #totals = noTotals;
  /** All steps so far. */
  readonly journal: JournalStep[] = [];
  #held: Record<string, unknown> | null = null;
  #evaluated: Evaluation | null = null;
  /** The step with the lowest held-out loss so far. */
  best: EvaluationRecord | undefined;
  /** The loss ran away, and the run was to hold then. */
  isHeld = false;
  #divergence = new DivergenceWatch(undefined);

  constructor(kept: Kept | null, settings: RunSettings, model: Model) {
    this.#kept = kept;
    this.#settings = settings;
    this.#model = model;
  }

  /** Since the run began. */
  get forwardPasses(): number {
    return this.#totals.forwardPasses;
  }

  /** Takes Sparse-MeZO's mask density anew, for the lines to come. */
  async measure(): Promise<void> {
    if (traitsOf(this.#settings).sparsity === 0) return;
    this.#density = (await measureSparsity(this.#model, 0)).density;
  }

  async steps(steps: readonly JournalStep[]): Promise<void> {
    const blocks = this.#model.config.numHiddenLayers;
    const extra = (step: JournalStep) =>
      extraOf(planAt(this.#settings, blocks, step.step - 1), step);
    for (const record of toStepRecords(steps, this.#totals, extra)) {
      this.flush();
      this.#held = {
        step: record.step,
        loss: record.loss,
        loss_plus: record.lossPlus,
        loss_minus: record.lossMinus,
        projected_grad: record.projectedGrad,
        learning_rate: record.learningRate,
        forward_passes: record.forwardPasses,
        tokens: record.tokens,
        ...record.extra,
        ...(this.#density === null ? {} : { mask_density: this.#density }),
        ...(record.notFinite ? { not_finite: true } : {}),
      };
    }
    this.#totals = addSteps(this.#totals, steps);
    this.journal.push(...steps);
    this.#watchLoss(steps);
    const strict = steps.some(({ flags }) => flags & NOT_FINITE);
    await this.#kept?.runs.appendSteps(this.#kept.id, steps, strict ? "strict" : "relaxed");
  }

  #watchLoss(steps: readonly JournalStep[]): void {
    const found = this.#divergence.add(steps);
    if (!found) return;
    this.isHeld = this.#settings.pauseOnBlowUp === true;
    console.error(divergenceMessage("The run", found, this.isHeld));
  }

  async evaluation(step: number, evaluation: Evaluation, milliseconds: number): Promise<void> {
    const { loss, accuracy, f1, n } = evaluation;
    this.#evaluated = evaluation;
    if (step === 0) {
      this.#divergence = new DivergenceWatch(loss);
      const [low, high] = wilsonInterval(accuracy, n).map((share) => share.toFixed(4));
      const written = f1 === undefined ? "" : `F1 ${f1}, `;
      console.error(
        `Before training: ${written}accuracy ${accuracy} (95 % interval ${low} to ${high}), loss ${loss}, n ${n}.`,
      );
    }
    const record: EvaluationRecord = {
      step,
      ...measuresOf(evaluation),
      seconds: milliseconds / 1000,
      forwardPasses: this.#totals.forwardPasses,
    };
    this.best = betterOf(this.best, record);
    await this.#kept?.runs.appendEvaluation(this.#kept.id, record);
    await this.measure();
    if (this.#held) this.flush();
    else this.#evaluated = null;
  }

  /** Prints the step held back for its evaluation. */
  flush(): void {
    if (!this.#held) return;
    const evaluated = this.#evaluated;
    print({ ...this.#held, ...(evaluated && logged(evaluated)) });
    this.#held = null;
    this.#evaluated = null;
  }
}

function logged({ loss, accuracy, f1 }: Evaluation): Record<string, number> {
  const measures = { eval_loss: loss, eval_accuracy: accuracy };
  return f1 === undefined ? measures : { ...measures, eval_f1: f1 };
}
