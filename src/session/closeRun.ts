import type { RunRecord } from "#run/store/records.ts";
import type { SessionState } from "./state.ts";
import { viewRun } from "./storedRuns.ts";

/**
 * Closes the current run. What storage rejected is written again; what is lost then is reported, and the run
 * is shown as it is stored.
 */
export async function closeRun(session: SessionState): Promise<void> {
  const { env, workspace } = session;
  const { run } = workspace;
  if (!run) return;
  try {
    await run.saveWaiting();
  } finally {
    workspace.closeRun();
  }
  const { record, savedStep, hasUnsaved } = run.toReport();
  if (!hasUnsaved) return;
  const message = lossMessage(record, savedStep);
  env.emit({ type: "notice", failure: { code: "E-STORE-2", message }, kind: "problem" });
  await viewRun(session, { runId: record.id });
}

/** Closes the current run, then its model. */
export async function closeModel(session: SessionState): Promise<void> {
  await closeRun(session);
  session.workspace.closeModel();
}

function lossMessage({ name, step }: RunRecord, savedStep: number): string {
  const count = step - savedStep;
  const lost =
    count === 0
      ? "its last evaluation or status"
      : `${count} ${count === 1 ? "step" : "steps"}, from step ${savedStep + 1} on`;
  return (
    `"${name}" was closed and lost ${lost}, because storage is full. It is saved up to step ` +
    `${savedStep}; delete runs you no longer need, then resume it from there.`
  );
}
