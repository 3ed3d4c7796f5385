import { ZerothError } from "#base/errors.ts";
import { exportFolder } from "#run/exchange/exportModel.ts";
import { logUpTo } from "#run/exchange/logUpTo.ts";
import type { ActiveRun } from "./activeRun.ts";
import { writeToDirectory, zipFiles } from "./exportFiles.ts";
import type { CommandOf } from "./protocol.ts";
import { goToStep } from "./restoreWeights.ts";
import { reportProgress, type SessionState } from "./state.ts";
import { fileNameOf } from "./storedRuns.ts";

/**
 * Exports the fine-tuned model as a Hugging Face folder, into a directory or as a zip: with the best or the
 * last weights, which are on the GPU afterwards, or with those that are there.
 *
 * @throws ZerothError E-RUN-2 if the best are requested and nothing was evaluated
 */
export async function exportModel(
  session: SessionState,
  { directory, at }: CommandOf<"exportModel">,
): Promise<void> {
  const run = session.workspace.requireRun();
  const step = at === undefined ? run.stepOnGpu : at === "last" ? run.lastStep : bestStep(run);
  if (step !== run.stepOnGpu) await goToStep(session, step);
  const { opened, model } = run.context;
  const { steps: journal, evaluations } = run.history;
  const record = { ...run.record, step: run.lastStep };
  const log = logUpTo({ record, evaluations, steps: run.history.recordsAfter() }, step);
  const files = exportFolder(model.weights, opened.record, {
    ...log,
    journal: journal.slice(0, step),
  });
  const report = reportProgress(session);
  if (directory) return writeToDirectory(directory, files, "Writing the model", report);
  const name = fileNameOf(step === run.lastStep ? record.name : `${record.name} step ${step}`);
  const blob = await zipFiles(name, files, "Writing the model", report);
  session.env.emit({ type: "file", name: `${name}.zip`, blob });
}

function bestStep({ record }: ActiveRun): number {
  if (record.best) return record.best.step;
  throw new ZerothError(
    "E-RUN-2",
    "Nothing was evaluated in this run, so no step is known to be the best. Export the last one.",
  );
}
