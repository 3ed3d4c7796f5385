import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import { commitSnapshot, newestSnapshot, readSnapshot, writeParts } from "./checkpoint.ts";
import { encodeBlock, type JournalStep, noBlockBefore, noTotals } from "./journal.ts";
import { extendTail } from "./journalTail.ts";
import { numberedKey, prefixOf } from "./keys.ts";
import type { Manifest, RunRecord, RunRows } from "./records.ts";
import { type LoadedRun, readRun } from "./recovery.ts";
import type { Operation, Store } from "./store.ts";
import { parseModelRecord, parseRunRecord } from "./storedRecords.ts";

/** Bytes of weights copied so far, and in all. */
export type OnCopied = (doneBytes: number, totalBytes: number) => void;

export interface CopiedRun {
  /** As it is stored now. */
  readonly record: RunRecord;
  /** False if the run was there already, at this step or a later one; then nothing was written. */
  readonly isCopied: boolean;
  /** Damage in the source and how it was handled, in sentences. What is damaged is not copied. */
  readonly repairs: readonly string[];
}

/**
 * Copies a run with its base model from one store to another. Everything is checked on the way: the
 * shape of every record, every block of the journal, the hash of every part of weights.
 *
 * The run appears in `to` in one transaction at the end. A run of the same id is replaced if the
 * copied one continues it. Of its checkpoints the newest sound one is copied.
 *
 * The caller keeps others from collecting garbage in `to` of the run and of its base model meanwhile:
 * `RunStore.copyFrom` does.
 *
 * @throws ZerothError E-STORE-3 if the run or its base model cannot be read, E-STORE-8 if `to` holds a
 *   run of this id that took other steps; StorageFull. Then `to` holds no part of the copy that counts
 */
export async function copyRun(
  from: Store,
  to: Store,
  runId: string,
  onCopied: OnCopied = () => {},
): Promise<CopiedRun> {
  const source = await readRun(from, runId);
  const present = await presentRun(to, runId);
  if (present && isContinuedBy(source, present)) {
    return { record: present.record, isCopied: false, repairs: [] };
  }
  const repairs = [...source.repairs];
  const base = await baseToCopy(from, to, source.record.modelId);
  const checkpoints = source.snapshots.filter(({ ownerId }) => ownerId === runId);
  const [newest] = checkpoints;
  const totalBytes = (base?.manifest.sizeBytes ?? 0) + (newest?.sizeBytes ?? 0);
  const progress = { doneBytes: 0, totalBytes, onCopied };

  if (base) {
    const manifest = await copyWeights(from, to, base.manifest, progress);
    const { record } = base;
    await commitSnapshot(to, manifest, [
      { type: "put", table: "models", key: record.id, value: { ...record } },
    ]);
  }
  const copied = await copyFirstSound(from, to, checkpoints, progress, repairs);
  const operations = [...removalOf(runId), ...operationsOf(source)];
  if (copied) await commitSnapshot(to, copied, operations);
  else await to.transact(operations, "strict");
  onCopied(totalBytes, totalBytes);
  return { record: source.record, isCopied: true, repairs };
}

/** What stores a run and its examples, before its first step. */
export function creationOf(record: RunRecord, rows: RunRows): readonly Operation[] {
  const put = (split: keyof RunRows): Operation => {
    const value = { schemaVersion: 1, rows: rows[split] ?? [] };
    return { type: "put", table: "rows", key: prefixOf(record.id) + split, value };
  };
  const checked = parseRunRecord(record, record.id);
  return [
    { type: "put", table: "runs", key: record.id, value: { ...checked } },
    put("train"),
    put("dev"),
    ...(rows.test ? [put("test")] : []),
  ];
}

async function presentRun(to: Store, runId: string): Promise<LoadedRun | null> {
  return (await to.get("runs", runId)) === undefined ? null : readRun(to, runId);
}

/**
 * Whether the run that is there has all of the source, so that there is nothing to copy.
 *
 * @throws ZerothError E-STORE-8 if neither continues the other
 */
function isContinuedBy(source: LoadedRun, present: LoadedRun): boolean {
  const shorter = Math.min(source.steps.length, present.steps.length);
  if (!areEqual(source.steps.slice(0, shorter), present.steps.slice(0, shorter))) {
    throw new ZerothError(
      "E-STORE-8",
      `The run ${quote(present.record.name)} is stored here too, but it took other steps (${count(present.steps.length)}, ` +
        `the other ${count(source.steps.length)}). Nothing was changed. Delete the run here to copy the other one.`,
    );
  }
  if (source.steps.length !== present.steps.length) return shorter === source.steps.length;
  return present.record.updatedAt >= source.record.updatedAt;
}

function areEqual(a: readonly JournalStep[], b: readonly JournalStep[]): boolean {
  const [first, second] = [a, b].map((steps) => encodeBlock(steps, noBlockBefore));
  return first?.every((byte, i) => byte === second?.[i]) ?? false;
}

async function baseToCopy(from: Store, to: Store, modelId: string) {
  if (await newestSnapshot(to, modelId)) return null;
  const record = parseModelRecord(await from.get("models", modelId), modelId);
  const manifest = await newestSnapshot(from, modelId);
  if (manifest) return { record, manifest };
  throw new ZerothError(
    "E-STORE-3",
    `The weights of the base model ${quote(record.name)} are not stored with the run, so it cannot be copied. Nothing was changed.`,
  );
}

interface Progress {
  doneBytes: number;
  readonly totalBytes: number;
  readonly onCopied: OnCopied;
}

/** Copies the first of these checkpoints whose parts are all sound; undefined if there is none. */
async function copyFirstSound(
  from: Store,
  to: Store,
  checkpoints: readonly Manifest[],
  progress: Progress,
  repairs: string[],
): Promise<Manifest | undefined> {
  for (const checkpoint of checkpoints) {
    const { doneBytes } = progress;
    try {
      return await copyWeights(from, to, checkpoint, progress);
    } catch (error) {
      if (!(error instanceof ZerothError) || error.code !== "E-STORE-3") throw error;
      repairs.push(`${error.message} It was not copied.`);
      progress.doneBytes = doneBytes;
    }
  }
  return undefined;
}

async function copyWeights(
  from: Store,
  to: Store,
  manifest: Manifest,
  progress: Progress,
): Promise<Manifest> {
  const { ownerId, step, dtype, sizeBytes, createdAt } = manifest;
  async function* pieces() {
    for await (const piece of readSnapshot(from, manifest)) {
      yield piece;
      progress.doneBytes += piece.length;
      progress.onCopied(progress.doneBytes, progress.totalBytes);
    }
  }
  return writeParts(to, {
    ownerId,
    step,
    dtype,
    totalBytes: sizeBytes,
    createdAt,
    pieces: pieces(),
  });
}

function removalOf(runId: string): readonly Operation[] {
  const prefix = prefixOf(runId);
  const tables = ["rows", "journal", "evaluations"] as const;
  return tables.map((table) => ({ type: "deletePrefix", table, prefix }));
}

function operationsOf({ record, rows, steps, evaluations }: LoadedRun): readonly Operation[] {
  const tail = {
    lastStep: 0,
    totals: noTotals,
    block: 0,
    previousHash: noBlockBefore,
    open: [],
    cleaning: [],
  };
  const journal = extendTail(record.id, tail, steps).operations;
  return [
    ...creationOf(record, rows ?? { train: [], dev: [] }),
    ...journal,
    ...evaluations.map((evaluation): Operation => {
      const key = numberedKey(record.id, evaluation.step);
      return { type: "put", table: "evaluations", key, value: { ...evaluation } };
    }),
  ];
}
