import { ZerothError } from "#base/errors.ts";
import { bindableBytes, type Device } from "#gpu/device.ts";
import { type LinearChoice, toKernelRecord } from "#model/linearChoice.ts";
import { Model } from "#model/model.ts";
import { majorityOf } from "#run/evaluation/majority.ts";
import { planCapacity } from "#run/memory/capacity.ts";
import { replay } from "#run/step/replay.ts";
import { planAt } from "#run/step/stepPlans.ts";
import type { JournalStep } from "#run/store/journal.ts";
import { recordedLinear } from "#run/store/recordedLinear.ts";
import type { Manifest, RunData, RunRecord, RunRows } from "#run/store/records.ts";
import type { LoadedRun } from "#run/store/recovery.ts";
import type { RunStore } from "#run/store/runStore.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { resolveSettings, traitsOf } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { ActiveRun, type RunGround } from "./activeRun.ts";
import { admitRun } from "./admission.ts";
import { type Desk, dataOf, deviceOf, modelOf, progressTo, putRun, runsOf } from "./desk.ts";
import { headOf } from "./headOf.ts";
import { keepBase, refuseWithoutRoom } from "./keepBase.ts";
import { adapterName, fastestLinear } from "./kernelChoice.ts";
import { leaveModel, leaveRun } from "./leaving.ts";
import { type OpenData, storedData } from "./openData.ts";
import { type OpenModel, openStoredModel, restoreFrom, storeAs } from "./openModel.ts";
import { prepareMasks } from "./sparsity.ts";

/** A new run over the open model and rows, ready to go. */
export async function startRun(desk: Desk, given: SettingValues, name: string): Promise<ActiveRun> {
  const settings = resolveSettings(given);
  const model = modelOf(desk);
  const data = dataOf(desk);
  refuseBlockers(data);
  const { task } = data.inspection.summary;
  const runs = await runsOf(desk);
  // Before the run at hand is let go of.
  await refuseWithoutRoom(desk, runs, model, { task, settings });
  await leaveRun(desk);
  const device = await deviceOf(desk);
  const head = headOf(task, settings);
  await storeAs(model, settings.dtype, head);
  await admit(device, model, data, settings);
  if (!model.isBase) {
    await model.reload(progressTo(desk));
    model.isBase = true;
  }
  await keepBase(desk, runs, model);
  const linear = await fastestLinear(desk, device, model);
  const opt = await makeOpt(desk, device, model, data, settings, linear);
  const thresholds = await prepareMasks(opt, settings);
  const record: RunRecord = {
    ...describe(desk, device, model, data, settings, name, linear),
    ...(thresholds ? { thresholds } : {}),
  };
  const release = await lock(desk, record.id);
  try {
    await runs.createRun(record, rowsOf(data));
  } catch (error) {
    release();
    opt.destroy();
    throw error;
  }
  const ground = { model, opt, data };
  const run = new ActiveRun({
    env: desk.env,
    runs,
    record,
    ground,
    release,
    steps: [],
    evaluations: [],
    snapshotStep: 0,
  });
  putRun(desk, run);
  return run;
}

/** A run kept for later, over the open model and rows. Its kernels are measured when it starts. */
export async function queueRun(desk: Desk, given: SettingValues, name: string): Promise<void> {
  const settings = resolveSettings(given);
  const model = modelOf(desk);
  const data = dataOf(desk);
  refuseBlockers(data);
  const device = await deviceOf(desk);
  const runs = await runsOf(desk);
  const { task } = data.inspection.summary;
  await refuseWithoutRoom(desk, runs, model, { task, settings });
  await keepBase(desk, runs, model);
  const described = describe(desk, device, model, data, settings, name, undefined);
  const record: RunRecord = { ...described, status: "queued" };
  await runs.createRun(record, rowsOf(data));
}

/** A stored run on the GPU again, at the last journaled step. */
export async function openStoredRun(desk: Desk, runId: string): Promise<ActiveRun> {
  const runs = await runsOf(desk);
  // One held elsewhere is refused before the run at hand is let go of.
  if (desk.run?.record.id === runId) await leaveRun(desk);
  const release = await lock(desk, runId);
  try {
    await leaveModel(desk);
    const { record, evaluations, steps, snapshots, ground } = await rebuild(desk, runs, runId);
    const run = new ActiveRun({
      env: desk.env,
      runs,
      record,
      ground,
      release,
      steps,
      evaluations,
      snapshotStep: snapshots[0]?.ownerId === runId ? snapshots[0].step : 0,
    });
    putRun(desk, run);
    return run;
  } catch (error) {
    release();
    throw error;
  }
}

/** Brings a run whose GPU was lost back on a new one. */
export async function recover(desk: Desk, run: ActiveRun): Promise<void> {
  const runs = await runsOf(desk);
  const { data } = desk;
  const isOwnData = data === run.ground.data;
  if (desk.device === run.ground.model.device) desk.device = null;
  // By the journal in memory: the stored one may end before it, where storage is full.
  const { ground } = await rebuild(desk, runs, run.record.id, run.steps);
  run.moveTo(ground);
  // Rows opened since the run began are those of the next one.
  if (!isOwnData) desk.data = data;
}

async function rebuild(desk: Desk, runs: RunStore, runId: string, known?: readonly JournalStep[]) {
  const stored = await runs.loadRun(runId);
  const { record, evaluations, steps: storedSteps, snapshots, rows, repairs } = stored;
  const steps = known ?? storedSteps;
  if (!rows) {
    throw new ZerothError(
      "E-STORE-3",
      `The rows of "${record.name}" can no longer be read, so it cannot go on. Its curves are intact.`,
    );
  }
  const device = await deviceOf(desk);
  const { modelId, settings, task } = record;
  await desk.baseInUse.use(modelId);
  const dtype = settings.dtype;
  const model = await openStoredModel(device, runs, modelId, dtype, headOf(task, settings));
  try {
    const data = storedData(record, rows, model);
    await admit(device, model, data, settings);
    const tell = (message: string) =>
      desk.env.emit({ type: "notice", failure: { code: "E-GPU-4", message }, kind: "recovered" });
    const recorded = recordedLinear(record, device, model.config, tell);
    const linear = recorded ?? (await fastestLinear(desk, device, model));
    const opt = await makeOpt(desk, device, model, data, settings, linear);
    const ground: RunGround = { model, opt, data };
    const ready = await restoreOn(desk, runs, ground, {
      record,
      linear,
      steps,
      snapshots,
      repairs,
    });
    // Not before: what lies on the desk is whole.
    desk.model = model;
    desk.data = data;
    return { record: ready, evaluations, steps, snapshots, ground };
  } catch (error) {
    model.weights.destroy();
    throw error;
  }
}

/** Masks and weights of a stored run, put on ground just made; what was got around is told. */
async function restoreOn(
  desk: Desk,
  runs: RunStore,
  ground: RunGround,
  stored: Pick<LoadedRun, "record" | "steps" | "snapshots" | "repairs"> & {
    readonly linear: LinearChoice;
  },
): Promise<RunRecord> {
  const { record, linear, steps, snapshots, repairs } = stored;
  try {
    const ready = await makeReady(desk, runs, ground, record, linear);
    const told = await restoreWeights(desk, runs, ground, ready, steps, snapshots);
    for (const message of [...repairs, ...told]) {
      desk.env.emit({ type: "notice", failure: { code: "E-STORE-3", message }, kind: "recovered" });
    }
    return ready;
  } catch (error) {
    ground.opt.destroy();
    throw error;
  }
}

/** Thresholds a run began with; a queued run takes them now, from the base weights. */
async function makeReady(
  desk: Desk,
  runs: RunStore,
  { model, opt }: RunGround,
  record: RunRecord,
  linear: LinearChoice,
): Promise<RunRecord> {
  if (record.step > 0 || record.status !== "queued") {
    await prepareMasks(opt, record.settings, record.thresholds);
    return record;
  }
  await model.reload(progressTo(desk));
  const thresholds = await prepareMasks(opt, record.settings);
  const kernels = toKernelRecord(linear);
  return runs.updateRun(record.id, { kernels, ...(thresholds ? { thresholds } : {}) });
}

/**
 * The weights after `steps`, on the GPU: the newest sound snapshot, and the journal from there.
 *
 * @returns what was damaged and got around
 */
export async function restoreWeights(
  desk: Desk,
  runs: RunStore,
  { model, opt }: RunGround,
  { settings }: RunRecord,
  steps: readonly JournalStep[],
  snapshots: readonly Manifest[],
): Promise<readonly string[]> {
  const report = progressTo(desk);
  // Where a copy of the weights is the snapshot, the weights pass through it on their way.
  const anchor =
    traitsOf(settings).snapshot?.kind === "copy" ? lastAnchor(model, settings, steps.length) : null;
  const usable = snapshots.filter(({ step }) => step <= (anchor ?? steps.length));
  const { manifest, repairs } = await runs.restore(usable, (from, pieces) =>
    restoreFrom(model, from, pieces, report),
  );
  const left = steps.slice(manifest.step);
  const onProgress = (done: number) =>
    report({ label: "Replaying the journal", done, total: left.length, unit: "steps" });
  const before = anchor === null ? 0 : anchor - manifest.step;
  await replay(opt, settings, left.slice(0, before), onProgress);
  if (anchor !== null) opt.takeSnapshot();
  await replay(opt, settings, left.slice(before), onProgress);
  model.isBase = steps.length === 0;
  return repairs;
}

/** The 0-based step of the last anchor among the first `count` steps, or null. */
function lastAnchor({ config }: OpenModel, settings: RunSettings, count: number): number | null {
  for (let step = count - 1; step >= 0; step--) {
    if (planAt(settings, config.numHiddenLayers, step).examples === "anchor") return step;
  }
  return null;
}

/** @throws ZerothError E-MEM-1 if the GPU has no room for a run beside its weights, which may be unread */
export function admit(
  device: Device,
  { config }: OpenModel,
  { inspection }: OpenData,
  settings: RunSettings,
): Promise<void> {
  const { train, dev, test } = inspection;
  const run = { config, settings, trained: train, evaluated: [dev, test] };
  return admitRun(device, run, "here");
}

export function makeOpt(
  desk: Desk,
  device: Device,
  { config, weights }: OpenModel,
  { inspection }: OpenData,
  settings: RunSettings,
  linear: LinearChoice,
): Promise<Model> {
  const { train, dev, test } = inspection;
  const batchSize = settings.batchSize;
  const evaluated = [...dev, ...test];
  const bindable = bindableBytes(device.info);
  return Model.create({
    device,
    weights,
    linear,
    sources: desk.env.sources,
    noise: settings.noise,
    capacity: planCapacity(config, weights.layout, bindable, batchSize, train, evaluated),
    onCompiled: (done, total) =>
      progressTo(desk)({ label: "Preparing GPU programs", done, total, unit: "shaders" }),
  });
}

function describe(
  { env }: Desk,
  { info }: Device,
  model: OpenModel,
  data: OpenData,
  settings: RunSettings,
  name: string,
  linear: LinearChoice | undefined,
): RunRecord {
  const now = env.date().toISOString();
  const { summary: facts, train, dev } = data.inspection;
  const majority = majorityOf(facts.task, train, dev);
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
    modelId: model.record.id,
    modelName: model.record.name,
    task: facts.task,
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

async function lock({ env }: Desk, runId: string): Promise<() => void> {
  const release = await env.locks.acquire(runId);
  if (release) return release;
  throw new ZerothError(
    "E-TAB-3",
    "This run is being trained in another tab. Its curves can be looked at here; to go on with it " +
      "here, pause it there and close that tab.",
  );
}

function refuseBlockers({ inspection }: OpenData): void {
  const [blocker] = inspection.summary.blockers;
  if (blocker !== undefined) throw new ZerothError("E-DATA-2", blocker);
}
