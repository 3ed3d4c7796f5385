import { writeFileSync } from "node:fs";
import { ZerothError } from "#base/errors.ts";
import { wilsonInterval } from "#base/interval.ts";
import { encodeTable } from "#data/examples/encode.ts";
import { headLabelCount } from "#data/tasks/scoreHead.ts";
import {
  type EncodedExample,
  MAX_NEW_TOKENS,
  type Table,
  type TaskSpec,
} from "#data/tasks/task.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Device } from "#gpu/device.ts";
import type { HeadStart } from "#model/head.ts";
import type { Model } from "#model/model.ts";
import { type Evaluation, evaluate } from "#run/evaluation/evaluation.ts";
import { exampleResults } from "#run/evaluation/examples.ts";
import { majorityOf } from "#run/evaluation/majority.ts";
import { wrongFirst } from "#run/evaluation/wrongFirst.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import type { Arguments } from "./flags.ts";
import { isRunFolder } from "./isRunFolder.ts";
import { chooseLinear, linearOf } from "./kernels.ts";
import {
  admitTexts,
  createModel,
  dtypeFrom,
  loadModel,
  type OpenedFolder,
  openFolder,
  openNodeDevice,
} from "./open.ts";
import { print } from "./print.ts";
import { readExamples } from "./rows.ts";
import { rebuild } from "./runFolder.ts";
import { misused, needTwo } from "./score.ts";
import { readTask } from "./task.ts";

const usage = "eval MODEL DEV.jsonl, or eval RUN [DEV.jsonl] [--step best|last|N]";

/**
 * `eval MODEL DEV.jsonl …`, or `eval RUN [DEV.jsonl] [--step best|last|N]` with the run's own validation set and
 * task: prints `{"accuracy", "loss", "n", "interval"}`; for classification with the majority baseline; for
 * generated answers with `"f1"` and its interval (accuracy is then the share of exact answers). `--examples FILE`
 * gets a line per example, the wrong ones first.
 */
export async function evalCommand(args: Arguments): Promise<void> {
  const [folder = ""] = args.positionals;
  const work = isRunFolder(folder) ? await openRun(args, folder) : await openModel(args);
  const { device, model, examples, task, tokenizer } = work;
  const isPerToken = task.kind !== "classification";
  const prompts = examples.flatMap(({ writing }) => (writing ? [writing.promptIds] : []));
  await admitTexts(device, model, prompts, MAX_NEW_TOKENS);
  const evaluation = await evaluate(model, examples, {
    isPerToken,
    tokenizer,
    onProgress: (done) => tellProgress(done, examples.length),
  });
  const file = args.flags["examples"];
  if (file !== undefined) writeFileSync(file, exampleLines(work, evaluation));
  const { accuracy, f1, f1Interval, loss, n } = evaluation;
  const majority = majorityOf(task, examples, examples);
  print({
    ...(f1 === undefined ? {} : { f1 }),
    accuracy,
    loss,
    n,
    interval: f1Interval ?? wilsonInterval(accuracy, n),
    ...(majority && { majority: majority.share, majority_label: majority.label }),
  });
}

interface Work {
  readonly device: Device;
  readonly model: Model;
  readonly examples: readonly EncodedExample[];
  readonly table: Pick<Table, "rowNumbers">;
  readonly task: TaskSpec;
  readonly tokenizer: Tokenizer;
}

async function openModel(args: Arguments): Promise<Work> {
  const [folder, path] = needTwo(args, usage);
  const opened = await openFolder(folder);
  const { tokenizer } = opened;
  const task = await readTask(args, opened, path);
  const head = headFor(opened, task);
  const { examples, table } = await readExamples(path, task, tokenizer, "evaluation");
  const device = await openNodeDevice();
  const dtype = dtypeFrom(args);
  const linear = chooseLinear(device, dtype, args.flags["linear"]);
  // Sized as a training batch: the longest example alone would make batches of two.
  const work = { trained: examples, evaluated: examples, linear, dtype };
  const model = await loadModel(device, opened, work, head);
  return { device, model, examples, table, task, tokenizer };
}

/** Returns the model's own score head, if the task needs one. @throws ZerothError E-TASK-3 if it has none */
function headFor({ config }: OpenedFolder, task: TaskSpec): HeadStart | null {
  const labels = headLabelCount(task);
  if (labels === null) return null;
  if (config.numLabels !== null) return { labels, seed: 0 };
  throw new ZerothError(
    "E-TASK-3",
    "This model has no head for labels yet: train one with train --head, export the run, and evaluate that.",
  );
}

/** Opens the weights of a run with its own task, and its own validation set unless a file is given. */
async function openRun({ positionals, flags }: Arguments, folder: string): Promise<Work> {
  const [, path, ...more] = positionals;
  if (more.length > 0) throw misused(usage);
  const {
    device,
    model: replayed,
    weights,
    run,
    base,
    step,
  } = await rebuild(folder, flags["step"] ?? "best");
  replayed.destroy();
  console.error(`Weights after step ${step} of ${run.steps.length}.`);
  const tokenizer = loadTokenizer(new Map(Object.entries(base.tokenizerFiles)));
  const { task } = run.record;
  const { examples, table } =
    path === undefined
      ? ownRows(run, tokenizer)
      : await readExamples(path, task, tokenizer, "evaluation");
  const linear = linearOf(
    device,
    weights.layout.dtype,
    weights.config,
    run.record,
    flags["linear"],
  );
  const work = { trained: examples, evaluated: examples, linear };
  const model = await createModel(device, weights, work);
  return { device, model, examples, table, task, tokenizer };
}

/** Returns the validation set of a run. @throws ZerothError E-DATA-1 if it has none */
function ownRows({ record, rows }: LoadedRun, tokenizer: Tokenizer) {
  const kept = rows?.dev ?? [];
  if (kept.length === 0) {
    throw new ZerothError(
      "E-DATA-1",
      "This run has no validation set. Name a file of examples to evaluate it on.",
    );
  }
  const table: Table = {
    name: record.data.devName,
    format: "jsonl",
    rows: kept,
    problems: [],
    columns: [...new Set(kept.flatMap((row) => Object.keys(row)))],
    rowNumbers: kept.map((_, i) => i + 1),
  };
  const { examples } = encodeTable(tokenizer, record.task, table, "evaluation");
  return { examples, table };
}

/** Returns a line per example: wrong answers first, by confidence, or for generated answers by F1. */
function exampleLines(work: Work, answers: Evaluation): string {
  return wrongFirst(exampleResults({ ...work, answers, before: undefined }))
    .map(({ row, text, right, answered, isRight, probability, rightProbability, f1 }) => {
      const line = { row, text, right, answered, is_right: isRight };
      const measures = { probability, right_probability: rightProbability, f1 };
      return `${JSON.stringify({ ...line, ...measures })}\n`;
    })
    .join("");
}

/** On a terminal only: a log needs no line per batch. */
function tellProgress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\rEvaluating ${done}/${total}${done < total ? "" : "\n"}`);
}
