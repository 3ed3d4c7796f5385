import { ZerothError } from "#base/errors.ts";
import { exportFolder } from "#run/exchange/exportModel.ts";
import { logUpTo } from "#run/exchange/logUpTo.ts";
import type { ActiveRun } from "./activeRun.ts";
import { type Desk, progressTo, runOf } from "./desk.ts";
import { writeToDirectory, zipFiles } from "./exporting.ts";
import { fileNameOf } from "./storedRuns.ts";
import { moveTo } from "./travel.ts";

/**
 * The tuned model as a Hugging Face folder: into the directory picked, or as a zip to download.
 *
 * @param at whose weights; those on the GPU without it
 * @throws ZerothError E-RUN-2 if the best are asked for and nothing was evaluated
 */
export async function exportModel(
  desk: Desk,
  directory: FileSystemDirectoryHandle | undefined,
  at: "best" | "last" | undefined,
): Promise<void> {
  const run = runOf(desk);
  const { evaluations, ground } = run;
  const here = run.travelledTo ?? run.steps.length;
  const step = at === undefined ? here : at === "last" ? run.steps.length : bestStep(run);
  if (step !== here) await moveTo(desk, step);
  const { model } = ground;
  const record = { ...run.record, step: run.steps.length };
  const log = logUpTo({ record, evaluations, steps: run.history() }, step);
  const journal = run.steps.slice(0, step);
  const files = exportFolder(model.weights, model.record, { ...log, journal });
  const report = progressTo(desk);
  if (directory) return writeToDirectory(directory, files, report);
  const isLast = step === run.steps.length;
  const name = fileNameOf(isLast ? record.name : `${record.name} step ${step}`);
  const blob = await zipFiles(name, files, report);
  desk.env.emit({ type: "file", name: `${name}.zip`, blob });
}

function bestStep({ record }: ActiveRun): number {
  if (record.best) return record.best.step;
  throw new ZerothError(
    "E-RUN-2",
    "No held-out rows were scored after a step, so no step is known to be the best. Take the last one.",
  );
}
