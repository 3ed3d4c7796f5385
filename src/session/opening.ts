import { toFailure } from "#base/errors.ts";
import { emitCatalogue } from "./checkDevice.ts";
import { closeModel } from "./closeRun.ts";
import { openData, openParts, reportData, underModel, withRules, withTask } from "./openData.ts";
import { openModel, openParsedModel, reportModel } from "./openModel.ts";
import { openStoredRun } from "./openRun.ts";
import type { CommandOf } from "./protocol.ts";
import { reportProgress, type SessionState } from "./state.ts";
import { reportHistory } from "./storedRuns.ts";

// Commands that open a model, data or a stored run. What is open then is reported, also where that is less
// than before because something failed halfway.

export async function openModelFrom(
  session: SessionState,
  { source, dtype = "f32" }: CommandOf<"openModel">,
): Promise<void> {
  const { env, gpu, workspace } = session;
  const device = await gpu.open();
  await closeModel(session);
  if (source.kind === "parsed") {
    workspace.setModel(openParsedModel(device, source.name, source.files, dtype));
    return reencodeData(session);
  }
  try {
    const model = await openModel(device, source, dtype, env, reportProgress(session));
    workspace.setModel(model, source.kind === "cached" ? source.folder : null);
  } finally {
    emitModel(session);
  }
  // Without the demo's description there is no catalogue, which `checkDevice` has reported.
  await emitCatalogue(session).catch(() => {});
  reencodeData(session);
}

/** Encodes the open data again: with the tokenizer, positions and score head of another model. */
function reencodeData(session: SessionState): void {
  const { env, workspace } = session;
  if (!workspace.data) return;
  try {
    workspace.setData(underModel(workspace.data, workspace.requireModel()));
  } catch (error) {
    workspace.setData(null);
    env.emit({ type: "notice", failure: toFailure(error), kind: "problem" });
  }
  emitData(session);
}

export async function openDataFrom(
  session: SessionState,
  command: CommandOf<"openData">,
): Promise<void> {
  const { env, workspace } = session;
  workspace.setData(await openData(command, workspace.requireModel(), env));
  emitData(session);
}

export async function openTables(
  session: SessionState,
  { train, dev, test, task, rules }: CommandOf<"openTables">,
): Promise<void> {
  const { workspace } = session;
  const none = { ...train, name: "", rows: [], rowNumbers: [], problems: [] };
  const parts = { train, dev: dev ?? none, test: test ?? none };
  workspace.setData(openParts(parts, task, rules, workspace.requireModel()));
  emitData(session);
}

export async function setTask(
  session: SessionState,
  { task }: CommandOf<"setTask">,
): Promise<void> {
  const { workspace } = session;
  workspace.setData(withTask(workspace.requireData(), task, workspace.requireModel()));
  emitData(session);
}

export async function setRules(
  session: SessionState,
  { rules }: CommandOf<"setRules">,
): Promise<void> {
  const { workspace } = session;
  workspace.setData(withRules(workspace.requireData(), rules, workspace.requireModel()));
  emitData(session);
}

export async function openRun(
  session: SessionState,
  { runId }: CommandOf<"openRun">,
): Promise<void> {
  const { workspace } = session;
  const { model, data } = workspace;
  try {
    const run = await openStoredRun(session, runId);
    emitModel(session, run.context.model.memory.bytesByKind());
    emitData(session);
    reportHistory(session, run);
    if (!["paused", "finished", "diverged", "queued"].includes(run.record.status)) {
      run.change({ status: "interrupted" });
    }
    run.report();
  } catch (error) {
    if (workspace.model !== model) emitModel(session);
    if (workspace.data !== data) emitData(session);
    throw error;
  }
}

/** @param more bytes on the GPU beside those of the weights, by kind */
function emitModel(
  { env, workspace }: SessionState,
  more: Readonly<Record<string, number>> = {},
): void {
  const { model } = workspace;
  const bytes = { ...model?.weights.memory.bytesByKind(), ...more };
  env.emit({ type: "model", model: model && reportModel(model, bytes) });
}

function emitData({ env, workspace }: SessionState): void {
  env.emit({ type: "data", data: workspace.data && reportData(workspace.data) });
}
