import { ZerothError } from "#base/errors.ts";
import { compareIntervals, wilsonInterval } from "#base/interval.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import type { EvaluationRecord, RunRecord } from "#run/store/records.ts";
import type { EngineEvent } from "#session/protocol.ts";
import type { DataReport } from "#session/reports.ts";
import { type Arguments, settingsFrom } from "./flags.ts";
import { nodeGpu } from "./gpu.ts";
import { openFolder } from "./open.ts";
import { print } from "./print.ts";
import { noUsableRow, readTrainingTables, type TrainingTables } from "./rows.ts";
import { newestRun, requireRunFolder } from "./runFolder.ts";
import { misused, needTwo } from "./score.ts";
import { type NodeSession, type RunPlace, withSession } from "./session.ts";
import { StepLines } from "./stepLines.ts";
import { readTask } from "./task.ts";

/** Exit code of a run that diverged. */
const DIVERGED = 3;
/** Exit code of a run that was paused by Ctrl-C, as shells report it. */
const INTERRUPTED = 130;

const usage = "train MODEL TRAIN.jsonl --method mezo --steps 100 …, or train --resume RUN";

/**
 * `train MODEL TRAIN.jsonl …`, or `train --resume RUN`: a line per saved step, then `{"final_loss",
 * "weights_sha256"}`.
 *
 * @returns the exit code
 */
export function trainCommand(args: Arguments, gpu = nodeGpu()): Promise<number> {
  const { resume } = args.flags;
  return resume === undefined ? trainNew(args, gpu) : resumeFrom(args, resume, gpu);
}

async function trainNew(args: Arguments, gpu: GPU): Promise<number> {
  const [folder, path] = needTwo(args, usage);
  // Bad flags are reported before anything is read.
  settingsFrom(args);
  const opened = await openFolder(folder);
  const settings = settingsFrom(args, parameterCount(parameterTable(opened.config)));
  const task = await readTask(args, opened, path);
  const { rules, ...tables } = await readTrainingTables(args, path, task);
  const { out, name = opened.name, linear: kernel, lr } = args.flags;
  if (lr === undefined) {
    console.error(`Learning rate ${settings.learningRate} by default; --lr sets another.`);
  }
  const place: RunPlace =
    out === undefined ? { kind: "memory" } : { kind: "folder", path: out, access: "write" };
  return training(place, gpu, async (session, latestData) => {
    const source = { kind: "parsed", name: opened.name, files: opened.checkpoint } as const;
    await session.ask({ type: "openModel", source, dtype: settings.dtype });
    await session.ask({ type: "openTables", ...tables, task, ...(rules && { rules }) });
    checkData(latestData(), tables);
    await session.ask({
      type: "startRun",
      settings,
      name,
      ...(kernel !== undefined && { kernel }),
    });
  });
}

async function resumeFrom(args: Arguments, folder: string, gpu: GPU): Promise<number> {
  const others = Object.keys(args.flags).filter((flag) => flag !== "resume");
  if (args.positionals.length > 0 || others.length > 0 || args.hasHead) throw misused(usage);
  requireRunFolder(folder);
  const place = { kind: "folder", path: folder, access: "write" } as const;
  return training(place, gpu, async (session) => {
    const { id, name, step, settings } = await newestRun(session);
    console.error(`Resuming "${name}" at step ${step} of ${settings.steps}.`);
    await session.ask({ type: "openRun", runId: id });
    await session.ask({ type: "resumeRun" });
  });
}

/** Runs commands that train one run, prints its steps and its end, and returns the exit code. */
async function training(
  place: RunPlace,
  gpu: GPU,
  commands: (session: NodeSession, latestData: () => DataReport | null) => Promise<void>,
): Promise<number> {
  const lines = new StepLines();
  const losses: number[] = [];
  let data: DataReport | null = null;
  const onEvent = (event: EngineEvent) => {
    lines.take(event);
    if (event.type === "data") data = event.data;
    if (event.type === "loss") losses.push(event.loss);
  };
  return withSession(place, gpu, onEvent, async (session) => {
    const isInterrupted = await pausedByInterrupt(place, session, () =>
      commands(session, () => data),
    );
    lines.end();
    const { report } = lines;
    if (!report) throw new Error("A run that ended was never reported.");
    const { record, hasUnsaved, savedStep } = report;
    if (hasUnsaved) {
      throw new ZerothError(
        "E-STORE-2",
        `The run is saved up to step ${savedStep} of the ${record.step} it took: free some space, then ` +
          "resume it from there.",
      );
    }
    if (record.status === "paused") {
      if (!isInterrupted) return DIVERGED;
      console.error(`Paused at step ${record.step}. Continue with train --resume.`);
      return INTERRUPTED;
    }
    if (record.status === "finished") tellVerdict(record);
    await session.ask({ type: "measureLoss", part: "train" });
    print({ final_loss: losses.at(-1), ...endOf(record) });
    return record.status === "diverged" ? DIVERGED : 0;
  });
}

/** Runs commands; Ctrl-C pauses a run that is saved. Returns whether that happened. */
async function pausedByInterrupt(
  place: RunPlace,
  session: NodeSession,
  commands: () => Promise<void>,
): Promise<boolean> {
  let isInterrupted = false;
  const pause = () => {
    isInterrupted = true;
    // Without a run to pause yet, the next Ctrl-C ends the process.
    session.ask({ type: "pauseRun" }).catch(() => {});
  };
  if (place.kind === "folder") process.once("SIGINT", pause);
  try {
    await commands();
    return isInterrupted;
  } finally {
    process.off("SIGINT", pause);
  }
}

/** Writes to stderr whether the last weights are clearly better or worse than the model before training. */
function tellVerdict({ zeroShot, lastEvaluation }: RunRecord): void {
  if (!zeroShot || !lastEvaluation || lastEvaluation.step === 0) return;
  const intervalOf = ({ f1, f1Interval, accuracy, n }: EvaluationRecord) =>
    f1 === undefined ? wilsonInterval(accuracy, n) : (f1Interval ?? [0, 1]);
  const words = {
    above: "clearly better than",
    below: "clearly worse than",
    overlapping: "not clearly different from",
  }[compareIntervals(intervalOf(lastEvaluation), intervalOf(zeroShot))];
  const name = lastEvaluation.f1 === undefined ? "accuracy" : "F1";
  console.error(`After step ${lastEvaluation.step}, the ${name} is ${words} that before training.`);
}

function endOf(record: RunRecord): Record<string, unknown> {
  const { weightsSha256, testEvaluation: tested, best, status, divergence } = record;
  return {
    weights_sha256: weightsSha256,
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
    ...(status === "diverged" && { status, ...(divergence && { diverged_at: divergence.step }) }),
  };
}

/** Writes to stderr what is wrong with the examples. @throws ZerothError E-DATA-1 if a set has no usable one */
function checkData(data: DataReport | null, tables: TrainingTables): void {
  if (!data) return;
  for (const { sentence } of data.problems) console.error(sentence);
  for (const warning of data.warnings) console.error(warning);
  const usable = { train: data.trainRows, dev: data.devRows, test: data.testRows };
  for (const part of ["train", "dev", "test"] as const) {
    const table = tables[part];
    if (!table || table.rows.length === 0 || usable[part] > 0) continue;
    throw noUsableRow(table);
  }
}
