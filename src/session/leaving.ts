import type { RunRecord } from "#run/store/records.ts";
import { closeModel, closeRun, type Desk } from "./desk.ts";
import { viewRun } from "./storedRuns.ts";

/**
 * Closes the run at hand for another. What storage had refused of it is tried once more; what is lost
 * all the same is told, and the run then shown as it is stored.
 */
export async function leaveRun(desk: Desk): Promise<void> {
  const { run } = desk;
  if (!run) return;
  try {
    await run.saveWaiting();
  } finally {
    closeRun(desk);
  }
  const { record, savedStep, hasUnsaved } = run.reported();
  if (!hasUnsaved) return;
  const message = lossMessage(record, savedStep);
  desk.env.emit({ type: "notice", failure: { code: "E-STORE-2", message }, kind: "problem" });
  await viewRun(desk, record.id);
}

/** The run, then the model under it. */
export async function leaveModel(desk: Desk): Promise<void> {
  await leaveRun(desk);
  closeModel(desk);
}

function lossMessage({ name, step }: RunRecord, savedStep: number): string {
  const count = step - savedStep;
  const lost =
    count === 0
      ? "how it was last scored or ended"
      : `${count} ${count === 1 ? "step" : "steps"}, from step ${savedStep + 1} on`;
  return (
    `"${name}" was closed and lost ${lost}, because storage had no room for it. Up to step ` +
    `${savedStep} it is saved; delete runs you no longer need, then resume it from there.`
  );
}
