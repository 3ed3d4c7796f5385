import { ZerothError } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import { type LinearChoice, toKernelRecord } from "#model/linearChoice.ts";
import { majorityOf } from "#run/evaluation/majority.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import type { RunData, RunRecord, RunRows } from "#run/store/records.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { ActiveRun } from "./activeRun.ts";
import { rejectWithoutSpace, saveBase } from "./baseModel.ts";
import { closeRun } from "./closeRun.ts";
import { adapterName, fastestLinear, namedLinear } from "./kernelChoice.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { CommandOf } from "./protocol.ts";
import { admitContext, createRunModel, lockRun, settingsFor } from "./runContext.ts";
import { RunHistory } from "./runHistory.ts";
import { reportProgress, type SessionState } from "./state.ts";

/** A new run of the open model on the open data, stored and on the GPU, before its first step. */
export async function startRun(
  session: SessionState,
  { settings: given, name, kernel }: Omit<CommandOf<"startRun">, "type">,
): Promise<ActiveRun> {
  const { env, gpu, storage, workspace } = session;
  const opened = workspace.requireModel();
  const settings = settingsFor(opened, given);
  const named = kernel === undefined ? null : namedLinear(kernel);
  const data = workspace.requireData();
  rejectBlocked(data);
  const { task } = data.inspection.summary;
  const runs = await storage.runs();
  // Before the current run is closed.
  await rejectWithoutSpace(session, runs, opened, { task, settings });
  await closeRun(session);
  const device = await gpu.open();
  await opened.setFormat({ dtype: settings.dtype, head: headOf(task, settings) });
  await admitContext(opened, data, settings);
  if (!opened.isBase) await opened.reload(reportProgress(session));
  await saveBase(session, runs, opened);
  const linear = named ?? (await fastestLinear(session, opened));
  const model = await createRunModel(session, opened, data, settings, linear);
  const thresholds = await prepareMasks(model, settings);
  const record: RunRecord = {
    ...newRecord(session, device, opened, data, settings, name, linear),
    ...(thresholds && { thresholds }),
  };
  const release = await lockRun(session, record.id);
  try {
    await runs.createRun(record, rowsOf(data));
  } catch (error) {
    release();
    model.destroy();
    throw error;
  }
  const history = new RunHistory(settings, opened.config.numHiddenLayers);
  const context = { opened, model, data };
  const run = new ActiveRun({ env, runs, record, history, checkpointStep: 0, context, release });
  workspace.setRun(run);
  return run;
}

/** Stores a run of the open model on the open data, to be trained later. Its kernels are chosen then. */
export async function queueRun(
  session: SessionState,
  given: SettingValues,
  name: string,
): Promise<void> {
  const { gpu, storage, workspace } = session;
  const opened = workspace.requireModel();
  const settings = settingsFor(opened, given);
  const data = workspace.requireData();
  rejectBlocked(data);
  const device = await gpu.open();
  const runs = await storage.runs();
  const { task } = data.inspection.summary;
  await rejectWithoutSpace(session, runs, opened, { task, settings });
  await saveBase(session, runs, opened);
  const record = newRecord(session, device, opened, data, settings, name, undefined);
  await runs.createRun({ ...record, status: "queued" }, rowsOf(data));
}

/** @throws ZerothError E-DATA-2 if the data cannot be trained on */
function rejectBlocked({ inspection }: OpenData): void {
  const [blocker] = inspection.summary.blockers;
  if (blocker !== undefined) throw new ZerothError("E-DATA-2", blocker);
}

function newRecord(
  { env }: SessionState,
  { info }: Device,
  { record }: OpenModel,
  data: OpenData,
  settings: RunSettings,
  name: string,
  linear: LinearChoice | undefined,
): RunRecord {
  const now = env.date().toISOString();
  const { summary, train, dev } = data.inspection;
  const majority = majorityOf(summary.task, train, dev);
  return {
    schemaVersion: 1,
    id: env.newId(),
    name,
    note: "",
    createdAt: now,
    updatedAt: now,
    status: "calibrating",
    step: 0,
    tokens: 0,
    seconds: 0,
    settings,
    modelId: record.id,
    modelName: record.name,
    task: summary.task,
    data: describeData(data),
    ...(majority && { majority }),
    kernels: linear ? toKernelRecord(linear) : {},
    adapter: adapterName(info),
  };
}

function describeData({ inspection, dataset }: OpenData): RunData {
  const { trainName, devName, testName, trainRows, devRows, testRows, rules } = inspection.summary;
  const test = testRows > 0 ? { testName, testRows } : {};
  return { trainName, trainRows, devName, devRows, ...test, rules, ...dataset };
}

function rowsOf({ inspection }: OpenData): RunRows {
  const { train, dev, test } = inspection.tables;
  return { train: train.rows, dev: dev.rows, ...(test.rows.length > 0 && { test: test.rows }) };
}
