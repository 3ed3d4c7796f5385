import { toFailure } from "#base/errors.ts";
import { type Desk, dataOf, deviceOf, modelOf, progressTo } from "./desk.ts";
import { leaveModel } from "./leaving.ts";
import { openData, reportData, underModel, withRules, withTask } from "./openData.ts";
import { openModel, reportModel } from "./openModel.ts";
import type { CommandBody } from "./protocol.ts";
import { openStoredRun } from "./starting.ts";
import { tellHistory } from "./storedRuns.ts";

type Opening = Extract<
  CommandBody,
  { type: "openModel" | "openData" | "setTask" | "setRules" | "openRun" }
>;

/**
 * Puts a model, rows, another task or rules for them, or a stored run on the desk. The page is told
 * what then lies there, also where that is less than before because something failed halfway.
 */
export async function open(desk: Desk, command: Opening): Promise<void> {
  switch (command.type) {
    case "openModel":
      return openAnotherModel(desk, command);
    case "openData":
      desk.data = await openData(command, modelOf(desk), desk.env);
      return tellData(desk);
    case "setTask":
      desk.data = withTask(dataOf(desk), command.task, modelOf(desk));
      return tellData(desk);
    case "setRules":
      desk.data = withRules(dataOf(desk), command.rules, modelOf(desk));
      return tellData(desk);
    case "openRun":
      return openRun(desk, command.runId);
    default:
      return command satisfies never;
  }
}

async function openAnotherModel(
  desk: Desk,
  { source, dtype = "f32" }: Extract<Opening, { type: "openModel" }>,
): Promise<void> {
  const { env } = desk;
  const device = await deviceOf(desk);
  await leaveModel(desk);
  try {
    desk.model = await openModel(device, source, dtype, env, progressTo(desk));
  } finally {
    tellModel(desk);
  }
  desk.modelFolder = source.kind === "cached" ? source.folder : null;
  takeRowsAlong(desk);
}

/** Open rows stay open, read anew: with the new model's tokens, positions and head. */
function takeRowsAlong(desk: Desk): void {
  if (!desk.data) return;
  try {
    desk.data = underModel(desk.data, modelOf(desk));
  } catch (error) {
    desk.data = null;
    desk.env.emit({ type: "notice", failure: toFailure(error), kind: "problem" });
  }
  tellData(desk);
}

async function openRun(desk: Desk, runId: string): Promise<void> {
  const before = { model: desk.model, data: desk.data };
  try {
    const run = await openStoredRun(desk, runId);
    tellModel(desk, run.ground.opt.memory.bytesByKind());
    tellData(desk);
    tellHistory(desk, runId, run.history(), run.evaluations);
    if (!["paused", "finished", "diverged", "queued"].includes(run.record.status)) {
      run.record = { ...run.record, status: "interrupted" };
    }
    run.report();
  } catch (error) {
    if (desk.model !== before.model) tellModel(desk);
    if (desk.data !== before.data) tellData(desk);
    throw error;
  }
}

/** @param more bytes on the GPU beside those of the weights, by kind */
function tellModel({ env, model }: Desk, more: Readonly<Record<string, number>> = {}): void {
  const bytes = { ...model?.weights.memory.bytesByKind(), ...more };
  env.emit({ type: "model", model: model && reportModel(model, bytes) });
}

function tellData({ env, data }: Desk): void {
  env.emit({ type: "data", data: data && reportData(data) });
}
