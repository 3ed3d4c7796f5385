import { usesScoreHead } from "#data/tasks/scoreHead.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { Weights } from "#model/weights.ts";
import type { JournalStep } from "../store/journal.ts";
import { journalFile } from "../store/journalFile.ts";
import type { ModelRecord } from "../store/records.ts";
import { weightFiles } from "../store/weightFiles.ts";
import { bytesFile, type ExportedFile, textFile } from "./exportedFile.ts";
import { modelCard } from "./modelCard.ts";
import { type Log, logAsJsonl, settingsFile } from "./runLog.ts";
import { tensorboardFileName, tensorboardLog } from "./tensorboard.ts";
import { trainerState } from "./trainerState.ts";

export type { ExportedFile } from "./exportedFile.ts";

/** What an export tells of the run besides the weights. */
export interface ExportedRun extends Log {
  /** With it the weights can be rebuilt from the base model's. */
  readonly journal?: readonly JournalStep[];
}

/**
 * The weights as they stand, as a Hugging Face folder that `AutoModelForCausalLM.from_pretrained`
 * opens, or `AutoModelForSequenceClassification` where the run has a score head. Names, shapes and
 * tokenizer are the base's; weights are what the run stored them as; the tied head is left out.
 *
 * Files must be taken one after another: the weights come off the GPU as they are asked for.
 */
export function exportFolder(
  weights: Weights,
  base: ModelRecord,
  run: ExportedRun,
): readonly ExportedFile[] {
  return [
    ...smallFiles(base, run),
    ...weightFiles(weights.layout.table, weights.layout.dtype, () => weights.read()),
  ];
}

/** Everything but the weights. */
export function smallFiles(base: ModelRecord, run: ExportedRun): readonly ExportedFile[] {
  const dtype = run.record.settings.dtype === "f16" ? "float16" : "float32";
  const config = { ...exportedConfig(base.config, run.record.task), dtype, torch_dtype: dtype };
  const texts: Record<string, string> = {
    "config.json": `${JSON.stringify(config, null, 2)}\n`,
    ...base.tokenizerFiles,
    ...base.otherFiles,
    "README.md": modelCard(base, run),
    "trainer_state.json": trainerState(run),
    "log_history.jsonl": logAsJsonl(run),
    "zeroth_run.json": settingsFile(run.record),
  };
  return [
    ...Object.entries(texts).map(([name, text]) => textFile(name, text)),
    bytesFile(tensorboardFileName(run.record), tensorboardLog(run)),
    ...(run.journal ? [bytesFile("zeroth_journal.bin", journalFile(run.journal))] : []),
  ];
}

/** What config.json says of a classifier's head. */
const ofHead = ["num_labels", "id2label", "label2id", "problem_type"];

/**
 * The base's config.json for what the run made of it.
 *
 * @see transformers, configuration_utils.py: the number of labels is that of `id2label`
 */
function exportedConfig(base: ModelRecord["config"], task: TaskSpec): object {
  const common = Object.fromEntries(Object.entries(base).filter(([key]) => !ofHead.includes(key)));
  if (!usesScoreHead(task)) return { ...common, architectures: ["OPTForCausalLM"] };
  const ids = task.labels.map((label, id) => [label, id] as const);
  return {
    ...common,
    architectures: ["OPTForSequenceClassification"],
    id2label: Object.fromEntries(ids.map(([label, id]) => [id, label])),
    label2id: Object.fromEntries(ids),
    problem_type: "single_label_classification",
    // Without it transformers takes one text at a time. OPT's own is 1.
    pad_token_id: base["pad_token_id"] ?? 1,
  };
}
