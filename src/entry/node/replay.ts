import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ZerothError } from "#base/errors.ts";
import { withHead } from "#model/head.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { parameterTable } from "#model/parameters.ts";
import { misfitOf, readBundle, writeBundle } from "#run/exchange/bundle.ts";
import { type ExportedFile, exportFolder } from "#run/exchange/exportModel.ts";
import { logUpTo } from "#run/exchange/logUpTo.ts";
import { headOf } from "#run/step/runModel.ts";
import { baseSha256, baseWeightsOf } from "#run/store/baseWeights.ts";
import { toStepRecords } from "#run/store/journal.ts";
import { openRunStore } from "#run/store/runStore.ts";
import { weightsSha256 } from "#run/store/weightsHash.ts";
import { admitModel } from "#session/admission.ts";
import { openFolderForReading } from "#storage/folderStore.ts";
import type { Arguments } from "./flags.ts";
import { loadWeights, openFolder, openNodeDevice } from "./open.ts";
import { print } from "./print.ts";
import { applySteps, onlyRun, rebuild } from "./runFolder.ts";
import { needOne, needTwo } from "./score.ts";

/**
 * `replay RUN`, or `replay BUNDLE.zip MODEL`: rebuilds the weights from base model and journal and prints
 * `{"weights_sha256"}`.
 */
export async function replayCommand(args: Arguments): Promise<void> {
  if (args.positionals.length === 2) return replayBundle(args);
  const folder = needOne(args, "replay RUN, or replay BUNDLE.zip MODEL");
  const { model, run } = await rebuild(folder, "last");
  const sha256 = await weightsSha256(model.weights);
  print({ weights_sha256: sha256 });
  rejectOtherHash(sha256, run.record.weightsSha256);
}

/** @throws ZerothError E-STORE-3 if a run's weights do not have the recorded hash */
function rejectOtherHash(sha256: string, recorded: string | undefined): void {
  // A run that was stopped before its end has no recorded hash.
  if (recorded === undefined || sha256 === recorded) return;
  throw new ZerothError(
    "E-STORE-3",
    `The rebuilt weights have the hash ${sha256}, the run recorded ${recorded}: its journal, settings or ` +
      "base model are not those it was trained with. Nothing was changed.",
  );
}

/**
 * `export RUN OUT [--step best|last|N]`: writes the fine-tuned model as a Hugging Face folder: of the best
 * step by default, as MeZO loads it at the end; of the last one if nothing was evaluated.
 */
export async function exportCommand(args: Arguments): Promise<void> {
  const [folder, out] = needTwo(args, "export RUN OUT [--step best|last|N]");
  const { weights, run, base, step } = await rebuild(folder, args.flags["step"] ?? "best");
  mkdirSync(out, { recursive: true });
  const { record, evaluations } = run;
  const log = logUpTo({ record, evaluations, steps: toStepRecords(run.steps) }, step);
  const exported = { ...log, journal: run.steps.slice(0, step) };
  console.error(`Weights after step ${step} of ${run.steps.length}.`);
  for (const file of exportFolder(weights, base, exported)) {
    await writeFile(join(out, file.name), file);
    console.error(`${join(out, file.name)} ${file.sizeBytes} bytes`);
  }
}

/** `bundle RUN OUT.zip`: writes the run without data and weights. */
export async function bundleCommand(args: Arguments): Promise<void> {
  const [folder, out] = needTwo(args, "bundle RUN OUT.zip");
  const runs = openRunStore(await openFolderForReading(folder), () => new Date());
  const { record, steps: journal, evaluations } = await onlyRun(runs, folder);
  const { record: base } = await runs.loadModel(record.modelId);
  const bytes = writeBundle({ record, journal, evaluations, base });
  writeFileSync(out, bytes);
  print({ bundle: out, bytes: bytes.length, steps: journal.length });
}

async function replayBundle(args: Arguments): Promise<void> {
  const [path, folder] = needTwo(args, "replay BUNDLE.zip MODEL");
  const bundle = readBundle(readBytes(path));
  const opened = await openFolder(folder);
  const { checkpoint, config } = opened;
  const device = await openNodeDevice();
  const tensors = matchTensors(parameterTable(config), checkpoint);
  const misfit = misfitOf(bundle, await baseSha256(baseWeightsOf(tensors)));
  if (misfit !== null) throw new ZerothError("E-FILE-5", misfit);
  const { settings, task } = bundle.record;
  const head = headOf(task, settings);
  const dtype = settings.dtype;
  await admitModel(device, withHead(config, head), opened.name, dtype);
  const weights = await loadWeights(device, opened, dtype, head);
  const { weightsSha256: recorded } = bundle.record;
  await applySteps(device, weights, bundle.record, bundle.journal);
  const sha256 = await weightsSha256(weights);
  print({ weights_sha256: sha256, ...(recorded && { is_as_recorded: sha256 === recorded }) });
  rejectOtherHash(sha256, recorded);
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    throw new ZerothError("E-FILE-1", `"${path}" could not be read. Is the path right?`);
  }
}

async function writeFile(path: string, { pieces }: ExportedFile): Promise<void> {
  const handle = await open(path, "w");
  try {
    for await (const piece of pieces) await handle.write(piece);
  } finally {
    await handle.close();
  }
}
