import { ZerothError } from "#base/errors.ts";
import { columnsToAsk } from "#data/tasks/columns.ts";
import { parseConfig } from "#model/config.ts";
import { planAt } from "#run/step/stepPlans.ts";
import { extraOf } from "#run/step/stepRecords.ts";
import { type JournalStep, noTotals, toStepRecords } from "#run/store/journal.ts";
import type { EvaluationRecord, RunRecord, RunStatus, StepRecord } from "#run/store/records.ts";
import { closeRun, type Desk, runsOf } from "./desk.ts";
import { saveAfterRoom } from "./saveAfterRoom.ts";
import { sweepUp } from "./sweeping.ts";

/** Statuses of a run at work. Stored, with nobody at work on it, they mean it was interrupted. */
const atWork: readonly RunStatus[] = [
  "calibrating",
  "running",
  "evaluating",
  "saving",
  "recovering",
];

export async function listRuns(desk: Desk): Promise<void> {
  const runs = await runsOf(desk);
  const { runs: listed } = await runs.listRuns();
  const held = await desk.env.locks.held();
  const mine = desk.run?.record.id;
  const summaries = listed.map(({ record, sizeBytes }) => {
    const isLockedElsewhere = record.id !== mine && held.has(record.id);
    return { record: asFound(desk, record, isLockedElsewhere), sizeBytes, isLockedElsewhere };
  });
  desk.env.emit({ type: "runs", runs: summaries });
  if (desk.isSweptUp) return;
  // Behind the first list, which the page opens with: it must not wait for this.
  desk.isSweptUp = true;
  sweepUp(runs);
}

/** Curves of a stored run; needs no GPU. */
export async function viewRun(desk: Desk, runId: string): Promise<void> {
  if (desk.run?.record.id === runId) {
    tellHistory(desk, runId, desk.run.history(), desk.run.evaluations);
    desk.run.report();
    return;
  }
  const runs = await runsOf(desk);
  const { record, steps, evaluations } = await runs.loadRun(runId);
  const held = await desk.env.locks.held();
  const { record: model } = await runs.loadModel(record.modelId);
  const { numHiddenLayers } = parseConfig(model.config);
  tellHistory(desk, runId, stepRecords(record, steps, numHiddenLayers), evaluations);
  desk.env.emit({
    type: "run",
    run: {
      record: asFound(desk, record, held.has(runId)),
      totalSteps: record.settings.steps,
      stepsPerSecond: null,
      tokensPerSecond: null,
      etaSeconds: null,
      gpuBytes: {},
      savedAt: record.updatedAt,
      savedStep: record.step,
      hasUnsaved: false,
      travelledTo: null,
      activeShare: 1,
      asks: columnsToAsk(record.task),
    },
  });
}

export async function renameRun(desk: Desk, runId: string, name: string): Promise<void> {
  const trimmed = name.trim();
  if (trimmed === "") throw new ZerothError("E-RUN-3", "A run needs a name.");
  await change(desk, runId, { name: trimmed });
}

export async function noteRun(desk: Desk, runId: string, note: string): Promise<void> {
  await change(desk, runId, { note });
}

async function change(
  desk: Desk,
  runId: string,
  patch: Pick<Partial<RunRecord>, "name" | "note">,
): Promise<void> {
  const runs = await runsOf(desk);
  await runs.updateRun(runId, patch);
  if (desk.run?.record.id === runId) {
    desk.run.record = { ...desk.run.record, ...patch };
    desk.run.report();
  }
  await listRuns(desk);
}

export async function deleteRun(desk: Desk, runId: string): Promise<void> {
  if (desk.run?.record.id !== runId) {
    if ((await desk.env.locks.held()).has(runId)) {
      throw new ZerothError("E-TAB-3", "This run is open in another tab. Close it there first.");
    }
    await remove(desk, runId);
  } else if (desk.training !== null) {
    throw new ZerothError("E-BUSY-1", "This run is training. Stop it before deleting it.");
  } else {
    await desk.inOrder(() => {
      if (desk.run?.record.id === runId) closeRun(desk);
      return remove(desk, runId);
    });
  }
  await saveAfterRoom(desk);
  await listRuns(desk);
}

async function remove(desk: Desk, runId: string): Promise<void> {
  const runs = await runsOf(desk);
  const freedBytes = await runs.deleteRun(runId);
  desk.env.emit({ type: "deleted", runId, freedBytes });
}

export function tellHistory(
  { env }: Desk,
  runId: string,
  steps: readonly StepRecord[],
  evaluations: readonly EvaluationRecord[],
): void {
  env.emit({ type: "history", runId, steps, evaluations: [...evaluations] });
}

/** Steps of a stored run with what its method shows of itself. */
function stepRecords(
  { settings }: RunRecord,
  steps: readonly JournalStep[],
  numBlocks: number,
): readonly StepRecord[] {
  return toStepRecords(steps, noTotals, (step) =>
    extraOf(planAt(settings, numBlocks, step.step - 1), step),
  );
}

/** A run's name as a file's. */
export function fileNameOf(name: string): string {
  return name.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+|-+$/g, "") || "run";
}

function asFound({ run }: Desk, record: RunRecord, isHeld: boolean): RunRecord {
  if (run?.record.id === record.id) return { ...record, status: run.record.status };
  return !isHeld && atWork.includes(record.status) ? { ...record, status: "interrupted" } : record;
}
