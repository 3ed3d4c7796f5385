import { DeviceLost, toFailure, ZerothError } from "#base/errors.ts";
import { previewRow } from "#data/examples/rowPreview.ts";
import type { SplitName } from "#data/examples/splits.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { commonDescriptions, methods } from "#zo/methods/index.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { ActiveRun } from "./activeRun.ts";
import { importBundle, isAsRecorded } from "./bundles.ts";
import {
  type Desk,
  dataOf,
  deviceOf,
  emptyDesk,
  modelOf,
  refuseWhileTraining,
  runOf,
} from "./desk.ts";
import { reportDevice, reportNoDevice } from "./deviceReport.ts";
import type { Environment } from "./environment.ts";
import { tellExamples } from "./examples.ts";
import { exportLog } from "./exportLog.ts";
import { exportModel } from "./exportRun.ts";
import { followRun, newsOf } from "./following.ts";
import { askHub, isHubCommand } from "./hub.ts";
import { resetTuning, tellKernels } from "./kernelChoice.ts";
import { open } from "./opening.ts";
import { predict } from "./predict.ts";
import { probeLearningRates } from "./probeRates.ts";
import type { Command, CommandBody, HubCommand } from "./protocol.ts";
import { nextQueued } from "./queuedRuns.ts";
import { onLiveGpu } from "./revive.ts";
import { selfTest } from "./selfTest.ts";
import { readSettings, shareRun } from "./sharing.ts";
import { queueRun, recover, startRun } from "./starting.ts";
import { deleteRun, listRuns, noteRun, renameRun, tellHistory, viewRun } from "./storedRuns.ts";
import { tellMemory } from "./tellMemory.ts";
import { comeHome, moveTo, travelTo } from "./travel.ts";
import { write } from "./write.ts";

/** The engine behind the page: takes commands, tells events. */
export interface Session {
  /** Answers with exactly one `done` or `failed` of the command's id. */
  handle(command: Command): Promise<void>;
}

/** A second loss of the GPU within this time: browsers then refuse it for a while. */
const LOSSES_APART_MS = 120_000;

export function createSession(env: Environment): Session {
  const desk = emptyDesk(env);
  env.tabs.onAsk((question) => newsOf(desk, question));
  return {
    async handle(command) {
      // What is asked of the hub or of another tab goes on beside all else, which keeps its progress.
      const isBeside = isHubCommand(command) || command.type === "followRun";
      const endProgress = () => isBeside || env.emit({ type: "progress", progress: null });
      try {
        await (isHubCommand(command) ? askHub(desk, command) : perform(desk, command));
        endProgress();
        env.emit({ type: "done", id: command.id });
      } catch (error) {
        endProgress();
        env.emit({ type: "failed", id: command.id, failure: toFailure(error) });
      }
    },
  };
}

/** One command, whole. Commands that read stored runs work beside a training run; others refuse. */
async function perform(desk: Desk, command: Exclude<CommandBody, HubCommand>): Promise<void> {
  switch (command.type) {
    case "checkDevice":
      return checkDevice(desk);
    case "planMemory":
      return tellMemory(desk, command.settings);
    case "openModel":
    case "openData":
    case "setTask":
    case "setRules":
      refuseWhileTraining(desk);
      return desk.inOrder(() => open(desk, command));
    case "previewRow":
      return lookAtRow(desk, command.part, command.index);
    case "pauseRun":
      return pause(desk);
    case "stopRun":
      return stop(desk);
    case "cancel":
      desk.isCancelled = true;
      return;
    case "startRun":
    case "resumeRun":
    case "runQueue":
      refuseWhileTraining(desk);
      return beTraining(desk, command);
    case "queueRun":
    case "probeLearningRates":
    case "openRun":
    case "travelTo":
    case "predict":
    case "write":
    case "evaluate":
    case "exportModel":
    case "openBundle":
      refuseWhileTraining(desk);
      return desk.inOrder(() => onLiveGpu(desk, () => work(desk, command)));
    default:
      return readStored(desk, command);
  }
}

type Training = Extract<CommandBody, { type: "startRun" | "resumeRun" | "runQueue" }>;

/** Trains, once what was asked before is through; from now until the end, all else is refused. */
async function beTraining(desk: Desk, command: Training): Promise<void> {
  desk.isPauseWanted = false;
  const training = desk.inOrder(() => {
    desk.isCancelled = false;
    return onLiveGpu(desk, () => trainBy(desk, command));
  });
  desk.training = training.catch(() => {});
  try {
    await training;
  } finally {
    desk.training = null;
  }
}

async function trainBy(desk: Desk, command: Training): Promise<void> {
  switch (command.type) {
    case "startRun":
      return begin(desk, command.settings, command.name);
    case "resumeRun":
      refuseWithoutRows(runOf(desk));
      await comeHome(desk);
      return keepGoing(desk, runOf(desk));
    case "runQueue":
      return runQueue(desk);
    default:
      return command satisfies never;
  }
}

function refuseWithoutRows({ record }: ActiveRun): void {
  if (!record.isFromBundle) return;
  throw new ZerothError(
    "E-DATA-1",
    `"${record.name}" came in a bundle, without its rows, so it cannot be trained on. Start a new ` +
      `run from its settings with rows of your own.`,
  );
}

/** Holds after the steps at hand; resolves when everything is saved. A queue ends there, too. */
async function pause(desk: Desk): Promise<void> {
  if (desk.training === null) runOf(desk);
  desk.isPauseWanted = true;
  await desk.training;
}

type Work = Extract<
  CommandBody,
  {
    type:
      | "queueRun"
      | "probeLearningRates"
      | "openRun"
      | "travelTo"
      | "predict"
      | "write"
      | "evaluate"
      | "exportModel"
      | "openBundle";
  }
>;

/** What needs the GPU for itself for a while. */
async function work(desk: Desk, command: Work): Promise<void> {
  desk.isCancelled = false;
  switch (command.type) {
    case "queueRun":
      await queueRun(desk, command.settings, command.name);
      return listRuns(desk);
    case "probeLearningRates":
      return probeLearningRates(desk, command.settings, () => desk.isCancelled);
    case "openRun":
      return open(desk, command);
    case "travelTo":
      return travelTo(desk, command.step);
    case "predict":
      return predict(desk, command.values);
    case "write":
      return write(desk, command.request);
    case "evaluate":
      return tellExamples(desk);
    case "exportModel":
      return exportModel(desk, command.directory, command.at);
    case "openBundle":
      return openBundle(desk, command.file);
    default:
      return command satisfies never;
  }
}

async function runQueue(desk: Desk): Promise<void> {
  while (!desk.isCancelled && !desk.isPauseWanted) {
    const runId = await nextQueued(desk);
    if (runId === null) return;
    await open(desk, { type: "openRun", runId });
    await keepGoing(desk, runOf(desk));
    await listRuns(desk);
    const { record, hasUnsaved } = runOf(desk).reported();
    // Paused by hand, stopped by itself, not saved: the queue ends, someone should look first.
    if (record.status !== "finished" || hasUnsaved) return;
  }
}

async function stop(desk: Desk): Promise<void> {
  await pause(desk);
  await desk.inOrder(() =>
    onLiveGpu(desk, async () => {
      desk.isCancelled = false;
      await comeHome(desk);
      await runOf(desk).stop(() => desk.isCancelled, goToStep(desk));
    }),
  );
}

/** The way to another step's weights, for the final test. */
function goToStep(desk: Desk) {
  return (step: number) => moveTo(desk, step);
}

type StoredWork = Extract<
  CommandBody,
  {
    type:
      | "viewRun"
      | "followRun"
      | "listRuns"
      | "renameRun"
      | "noteRun"
      | "deleteRun"
      | "exportLog"
      | "shareRun"
      | "readSettings"
      | "resetTuning";
  }
>;

async function readStored(desk: Desk, command: StoredWork): Promise<void> {
  switch (command.type) {
    case "viewRun":
      return viewRun(desk, command.runId);
    case "followRun":
      return followRun(desk, command, command.wasHeld);
    case "listRuns":
      return listRuns(desk);
    case "renameRun":
      return renameRun(desk, command.runId, command.name);
    case "noteRun":
      return noteRun(desk, command.runId, command.note);
    case "deleteRun":
      return deleteRun(desk, command.runId);
    case "resetTuning":
      return resetTuning(desk);
    case "exportLog":
      return exportLog(desk, command.runId, command.format);
    case "shareRun":
      return shareRun(desk, command.runId);
    case "readSettings":
      return readSettings(desk, command.text);
    default:
      return command satisfies never;
  }
}

async function checkDevice(desk: Desk): Promise<void> {
  const { env } = desk;
  try {
    const device = await deviceOf(desk);
    const results = await selfTest(device, env.sources, defaultChoice(device.info)["few.narrow"]);
    env.emit({ type: "device", device: reportDevice(device, results) });
    await tellKernels(desk);
  } catch (error) {
    env.emit({ type: "device", device: reportNoDevice(error) });
  }
  const { settings } = await env.demo.describe();
  const descriptions = methods.map(({ description }) => description);
  const catalogue = {
    methods: descriptions,
    commonSettings: commonDescriptions,
    demo: { settings },
  };
  env.emit({ type: "catalogue", catalogue });
  await listRuns(desk);
}

/** One row of the open data; needs no GPU, and may be asked for while a run trains. */
async function lookAtRow(desk: Desk, part: SplitName, index: number): Promise<void> {
  const { inspection } = dataOf(desk);
  const { tokenizer } = modelOf(desk);
  const table = inspection.tables[part];
  const preview = previewRow(tokenizer, inspection.summary.task, table, part, index);
  desk.env.emit({ type: "rowPreview", preview });
}

/** A run from a bundle: kept, rebuilt, and its weights' hash compared. */
async function openBundle(desk: Desk, file: Blob): Promise<void> {
  const runId = await importBundle(desk, file);
  await open(desk, { type: "openRun", runId });
  desk.env.emit({ type: "bundle", runId, isAsRecorded: await isAsRecorded(desk) });
}

async function begin(desk: Desk, settings: SettingValues, name: string): Promise<void> {
  const run = await startRun(desk, settings, name);
  await listRuns(desk);
  await keepGoing(desk, run);
}

/** Trains; if the GPU is lost, brings the run back once by itself and goes on. */
async function keepGoing(desk: Desk, run: ActiveRun): Promise<void> {
  const { env } = desk;
  env.emit({ type: "progress", progress: null });
  tellHistory(desk, run.record.id, run.history(), run.evaluations);
  run.report();
  for (;;) {
    try {
      await run.go(() => desk.isPauseWanted, goToStep(desk));
      return;
    } catch (error) {
      if (!(error instanceof DeviceLost)) {
        await run.setStatus("failed", toFailure(error));
        throw error;
      }
      await comeBack(desk, run);
    }
  }
}

async function comeBack(desk: Desk, run: ActiveRun): Promise<void> {
  const { env } = desk;
  const isAgain = desk.lostAt !== null && env.now() - desk.lostAt < LOSSES_APART_MS;
  desk.lostAt = env.now();
  if (isAgain) {
    const saved = `Your run is saved up to step ${run.reported().savedStep}.`;
    const failure = new ZerothError(
      "E-GPU-7",
      `The GPU was reset twice in two minutes, so the browser may refuse it for a while. ${saved} ` +
        `Wait two minutes, close other tabs that use the GPU, then reload the page and resume.`,
    );
    await run.setStatus("paused", toFailure(failure));
    throw failure;
  }
  await run.setStatus("recovering");
  try {
    await recover(desk, run);
  } catch (error) {
    if (error instanceof DeviceLost) return comeBack(desk, run);
    await run.setStatus("paused", toFailure(error));
    throw error;
  }
  tellHistory(desk, run.record.id, run.history(), run.evaluations);
  const message = `The GPU was reset by the browser or the system. Continued from step ${run.steps.length}.`;
  env.emit({ type: "notice", failure: { code: "E-GPU-6", message }, kind: "recovered" });
}
