import { bestOf } from "../evaluation/evaluationSteps.ts";
import { listSnapshots } from "./checkpoint.ts";
import { addSteps, decodeBlock, decodeJournal, type JournalStep, noTotals } from "./journal.ts";
import { readJournal } from "./journalTail.ts";
import { prefixOf, readEntries, sizeOf } from "./keys.ts";
import type { EvaluationRecord, Manifest, RunRecord, RunRows } from "./records.ts";
import { isBytes, type Store } from "./store.ts";
import {
  parseEvaluation,
  parseManifest,
  parseRows,
  parseRunRecord,
  patched,
} from "./storedRecords.ts";

/** A run as it can be gone on with. */
export interface LoadedRun {
  /** With `step`, `tokens` and `seconds` as the journal has them. */
  readonly record: RunRecord;
  readonly steps: readonly JournalStep[];
  /** Ascending by step. */
  readonly evaluations: readonly EvaluationRecord[];
  /** Null if they cannot be read: the run can be looked at, not gone on with. */
  readonly rows: RunRows | null;
  /**
   * Whole sets of weights to start from, the best first: the run's own, then the base model's. Each
   * with the steps after it rebuilds the run. For `restoreSnapshot`.
   */
  readonly snapshots: readonly Manifest[];
  /** What was damaged and how it was got around, in sentences; empty where all is well. */
  readonly repairs: readonly string[];
}

/**
 * Everything stored of a run that hangs together. Changes nothing: a damaged end is removed with the
 * next append.
 *
 * @throws ZerothError E-STORE-3 if its record is missing, damaged or of another version
 */
export async function readRun(store: Store, runId: string): Promise<LoadedRun> {
  const stored = parseRunRecord(await store.get("runs", runId), runId);
  const { steps, problem } = await readJournal(store, runId);
  const repairs = problem === undefined ? [] : [problem];
  if (steps.length < stored.step) {
    repairs.push(
      `The run had reached step ${shown(stored.step)}; what is left of its journal ends at step ${shown(steps.length)}. The steps between have to be trained again.`,
    );
  }
  const evaluations = await readEvaluations(store, runId, steps.length, repairs);
  const read = withProgress(stored, steps, evaluations);
  // Runs stored before there was a best one have it in their evaluations.
  const record = patched(read, { best: bestOf(evaluations) });
  const rows = await readRows(store, runId, repairs);
  const snapshots = await readSnapshots(store, record, repairs);
  return { record, steps, evaluations, rows, snapshots, repairs };
}

export interface RunListing {
  readonly record: RunRecord;
  /** Of what is the run's own; the base model is shared and not counted. */
  readonly sizeBytes: number;
}

export interface RunList {
  /** The newest first. */
  readonly runs: readonly RunListing[];
  /** Runs whose record cannot be read; they can still be deleted. */
  readonly problems: readonly { readonly runId: string; readonly message: string }[];
}

/** All runs, with what each takes up. */
export async function listStoredRuns(store: Store): Promise<RunList> {
  const runs: RunListing[] = [];
  const problems: { runId: string; message: string }[] = [];
  for (const [runId, value] of await readEntries(store, "runs")) {
    try {
      runs.push(await readListing(store, parseRunRecord(value, runId)));
    } catch (error) {
      problems.push({ runId, message: messageOf(error) });
    }
  }
  runs.sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1));
  return { runs, problems };
}

async function readListing(store: Store, record: RunRecord): Promise<RunListing> {
  const prefix = prefixOf(record.id);
  let sizeBytes = sizeOf({ ...record });
  for (const table of ["rows", "evaluations", "manifests"] as const) {
    for (const [key, value] of await readEntries(store, table, prefix)) {
      if (value === undefined) continue;
      sizeBytes += sizeOf(value);
      if (table === "manifests") sizeBytes += weightBytes(value, key);
    }
  }
  const blocks = (await readEntries(store, "journal", prefix)).map(([, value]) => value);
  for (const block of blocks) sizeBytes += block ? sizeOf(block) : 0;
  const last = blocks.at(-1);
  const end = isBytes(last) ? decodeBlock(last) : "";
  // Decoding all of it is only needed where the run ended without a strict write.
  const isCurrent = typeof end === "object" && end.steps.at(-1)?.step === record.step;
  if (isCurrent) return { record, sizeBytes };
  return { record: withProgress(record, decodeJournal(blocks).steps, []), sizeBytes };
}

/** The record with its position taken from the journal, which is the truth. */
function withProgress(
  record: RunRecord,
  steps: readonly JournalStep[],
  evaluations: readonly EvaluationRecord[],
): RunRecord {
  const { tokens, seconds } = addSteps(noTotals, steps);
  const step = steps.length;
  if (step >= record.step) return patched(record, { step, tokens, seconds });
  const lastEvaluation = evaluations.at(-1);
  const best = bestOf(evaluations);
  return patched(record, { step, tokens, seconds, lastEvaluation, best, weightsSha256: undefined });
}

async function readEvaluations(
  store: Store,
  runId: string,
  lastStep: number,
  repairs: string[],
): Promise<readonly EvaluationRecord[]> {
  const evaluations: EvaluationRecord[] = [];
  for (const [key, value] of await readEntries(store, "evaluations", prefixOf(runId))) {
    try {
      const evaluation = parseEvaluation(value, key);
      if (evaluation.step <= lastStep) evaluations.push(evaluation);
    } catch (error) {
      repairs.push(messageOf(error));
    }
  }
  return evaluations;
}

async function readRows(store: Store, runId: string, repairs: string[]): Promise<RunRows | null> {
  try {
    const read = async (split: keyof RunRows) => {
      const key = prefixOf(runId) + split;
      const value = await store.get("rows", key);
      // Runs of earlier versions, and those without a final test, have no rows for it.
      return split === "test" && value === undefined ? [] : parseRows(value, key);
    };
    const [train, dev, test] = await Promise.all([read("train"), read("dev"), read("test")]);
    return { train, dev, ...(test.length > 0 && { test }) };
  } catch (error) {
    repairs.push(`${messageOf(error)} Without its rows the run cannot go on.`);
    return null;
  }
}

async function readSnapshots(
  store: Store,
  record: RunRecord,
  repairs: string[],
): Promise<readonly Manifest[]> {
  const own = await listSnapshots(store, record.id);
  const base = await listSnapshots(store, record.modelId);
  const usable = own.manifests.filter(({ step }) => step <= record.step);
  const beyond = own.manifests.filter(({ step }) => step > record.step);
  const snapshots = [...usable, ...base.manifests];
  const [best] = snapshots;
  const from = best
    ? `Going on from step ${shown(best.step)}.`
    : "No weights are left to go on from.";
  for (const problem of [
    ...own.problems,
    ...beyond.map(
      ({ step }) => `The snapshot of step ${shown(step)} lies beyond the journal's end.`,
    ),
    ...base.problems.map((problem) => `Base model: ${problem}`),
  ]) {
    repairs.push(`${problem} ${from}`);
  }
  return snapshots;
}

function weightBytes(value: unknown, key: string): number {
  try {
    return parseManifest(value, key).sizeBytes;
  } catch {
    return 0;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shown(count: number): string {
  return count.toLocaleString("en-US");
}
