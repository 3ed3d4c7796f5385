import { createQueue, type Queue } from "#base/queue.ts";
import { betterOf } from "../evaluation/evaluationSteps.ts";
import {
  commitSnapshot,
  newestSnapshot,
  orphanedParts,
  readSnapshot,
  restoreSnapshot,
  type SnapshotSource,
  writeParts,
} from "./checkpoint.ts";
import { type CopiedRun, copyRun, creationOf, type OnCopied } from "./copyRun.ts";
import { collectGarbage, removeRun, type TakeAlone } from "./garbage.ts";
import type { JournalStep } from "./journal.ts";
import { extendTail, type JournalTail, readTail, sealed } from "./journalTail.ts";
import { numberedKey } from "./keys.ts";
import type {
  EvaluationRecord,
  Manifest,
  ModelRecord,
  RunPatch,
  RunRecord,
  RunRows,
  TuningRecord,
} from "./records.ts";
import { type LoadedRun, listStoredRuns, type RunList, readRun } from "./recovery.ts";
import type { Durability, Operation, Store } from "./store.ts";
import { parseModelRecord, parseRunRecord, patched } from "./storedRecords.ts";
import { forgetTunings, lastTuning, loadTuning, saveTuning } from "./tuning.ts";

/** Weights to keep; whose they are and when, the run store knows. */
export type Weights = Omit<SnapshotSource, "ownerId" | "createdAt">;

/** The verbs a session keeps its runs with. */
export type RunStore = ReturnType<typeof openRunStore>;

/**
 * Runs in a store, changed one write after another.
 *
 * Relaxed writes touch only what carries checksums (journal blocks, parts of snapshots); all else is
 * strict, so a loss of power costs the last steps and nothing more. Every method throws StorageFull
 * or another ZerothError where the store fails; what was there before is then intact, the same call
 * may be made again, and later calls find out by themselves what was kept.
 *
 * @param now for the dates in records
 * @param takeAlone asked before anything is taken away that someone else may be at work on; without
 *   it the store is nobody else's
 */
export function openRunStore(
  store: Store,
  now: () => Date,
  takeAlone: TakeAlone = async () => () => {},
) {
  const saving = new Set<string>();
  const desk: Desk = {
    store,
    now: () => now().toISOString(),
    tails: new Map(),
    saving,
    takeAlone: async (ownerId) => (saving.has(ownerId) ? null : takeAlone(ownerId)),
    inOrder: createQueue(),
    savesInOrder: createQueue(),
  };
  const { inOrder } = desk;
  return {
    createRun: (record: RunRecord, rows: RunRows): Promise<void> =>
      inOrder(() => store.transact(creationOf(record, rows), "strict")),
    /** Copies a run from another store; see `copyRun`. */
    copyFrom: (from: Store, runId: string, onCopied?: OnCopied): Promise<CopiedRun> =>
      copyFrom(desk, from, runId, onCopied),
    /** Steps that follow the last one. Strict also brings the record up to them. */
    appendSteps: (runId: string, steps: readonly JournalStep[], durability: Durability) =>
      inOrder(() => appendSteps(desk, runId, steps, durability)),
    /** Also kept in the record: as the last one, the zero-shot one at step 0, the best one if it is. Strict. */
    appendEvaluation: (runId: string, evaluation: EvaluationRecord): Promise<RunRecord> =>
      inOrder(() => appendEvaluation(desk, runId, evaluation)),
    /** Strict; brings the record up to the last step appended, too. Gives the record as it is now. */
    updateRun: (runId: string, patch: RunPatch): Promise<RunRecord> =>
      inOrder(() => updateRecord(desk, runId, patch)),
    /** The weights after a step that is journaled. Steps may be appended while it is written. */
    saveSnapshot: (runId: string, weights: Weights, patch: RunPatch = {}): Promise<Manifest> =>
      saveSnapshot(desk, runId, weights, patch),
    loadRun: (runId: string): Promise<LoadedRun> =>
      inOrder(() => {
        // Another tab may have written on since its end was last known here.
        desk.tails.delete(runId);
        return readRun(store, runId);
      }),
    listRuns: (): Promise<RunList> => inOrder(() => listStoredRuns(store)),
    /** Bytes freed. The base model goes with its last run, unless someone is at work on it. */
    deleteRun: (runId: string): Promise<number> => inOrder(() => deleteRun(desk, runId)),
    /** Keeps a base model once, whoever asks how often. */
    saveModel: (record: ModelRecord, weights: Weights): Promise<Manifest> =>
      saveModel(desk, record, weights),
    loadModel: (modelId: string): Promise<LoadedModel> => inOrder(() => loadModel(store, modelId)),
    /** Loads the first sound one of `LoadedRun.snapshots`; see `restoreSnapshot`. */
    restore: (manifests: readonly Manifest[], load: Parameters<typeof restoreSnapshot>[2]) =>
      restoreSnapshot(store, manifests, load),
    /** The weights of a manifest, every part checked. @throws ZerothError E-STORE-3 */
    readWeights: (manifest: Manifest) => readSnapshot(store, manifest),
    /** Kernels measured on adapters, by `tuningKey`. */
    tunings: {
      load: (key: string) => inOrder(() => loadTuning(store, key)),
      last: (adapter: string) => inOrder(() => lastTuning(store, adapter)),
      save: (key: string, found: Omit<TuningRecord, "schemaVersion" | "measuredAt">) => {
        const record: TuningRecord = { ...found, schemaVersion: 1, measuredAt: desk.now() };
        return inOrder(() => saveTuning(store, key, record)).then(() => record);
      },
      forget: () => inOrder(() => forgetTunings(store)),
    },
    /** Takes away what nothing refers to and nobody is at work on; how many entries that was. */
    collectGarbage: (): Promise<number> => inOrder(() => collectGarbage(store, desk.takeAlone)),
  };
}

export interface LoadedModel {
  readonly record: ModelRecord;
  /** Of its weights; undefined if they are not stored whole. */
  readonly manifest: Manifest | undefined;
}

interface Desk {
  readonly store: Store;
  readonly now: () => string;
  /** Where the journals this desk writes end. Forgotten whenever a write is not confirmed. */
  readonly tails: Map<string, JournalTail>;
  /** Owner of the snapshot being written, whose parts have no manifest yet. */
  readonly saving: Set<string>;
  readonly takeAlone: TakeAlone;
  /** For everything quick. */
  readonly inOrder: Queue;
  /** For weights, which take seconds; only their manifest is quick. */
  readonly savesInOrder: Queue;
}

async function appendSteps(
  desk: Desk,
  runId: string,
  steps: readonly JournalStep[],
  durability: Durability,
): Promise<void> {
  const tail = desk.tails.get(runId) ?? (await readTail(desk.store, runId));
  const next = extendTail(runId, tail, steps);
  if (durability === "strict" || tail.cleaning.length > 0) {
    await writeRecord(desk, runId, {}, next.tail, next.operations);
    return;
  }
  desk.tails.delete(runId);
  await desk.store.transact(next.operations, "relaxed");
  desk.tails.set(runId, next.tail);
}

async function appendEvaluation(
  desk: Desk,
  runId: string,
  evaluation: EvaluationRecord,
): Promise<RunRecord> {
  const key = numberedKey(runId, evaluation.step);
  const { best } = parseRunRecord(await desk.store.get("runs", runId), runId);
  const patch: RunPatch = {
    lastEvaluation: evaluation,
    best: betterOf(best, evaluation),
    ...(evaluation.step === 0 && { zeroShot: evaluation }),
  };
  return updateRecord(desk, runId, patch, [
    { type: "put", table: "evaluations", key, value: { ...evaluation } },
  ]);
}

function updateRecord(
  desk: Desk,
  runId: string,
  patch: RunPatch,
  alongWith: readonly Operation[] = [],
): Promise<RunRecord> {
  return writeRecord(desk, runId, patch, desk.tails.get(runId), alongWith);
}

/** One strict transaction; with it every block written so far is flushed, and closed. */
async function writeRecord(
  desk: Desk,
  runId: string,
  patch: RunPatch,
  tail: JournalTail | undefined,
  alongWith: readonly Operation[],
  commit = (operations: readonly Operation[]) => desk.store.transact(operations, "strict"),
): Promise<RunRecord> {
  // Read each time: another tab may have renamed the run.
  const stored = parseRunRecord(await desk.store.get("runs", runId), runId);
  const progress: RunPatch = tail
    ? { step: tail.lastStep, tokens: tail.totals.tokens, seconds: tail.totals.seconds }
    : {};
  const record = patched(stored, { ...progress, updatedAt: desk.now(), ...patch });
  desk.tails.delete(runId);
  await commit([...alongWith, putRecord(record)]);
  if (tail) desk.tails.set(runId, sealed(tail));
  return record;
}

function saveSnapshot(
  desk: Desk,
  runId: string,
  weights: Weights,
  patch: RunPatch,
): Promise<Manifest> {
  return whileSaving(desk, [runId], async () => {
    // What a failed attempt left would be in the way of this one where room is short.
    const leftovers = await orphanedParts(desk.store, runId);
    await desk.store.transact(leftovers.map((key) => ({ type: "delete", table: "chunks", key })));
    const source = { ...weights, ownerId: runId, createdAt: desk.now() };
    const manifest = await writeParts(desk.store, source);
    await desk.inOrder(async () => {
      const tail = desk.tails.get(runId);
      if (tail && tail.lastStep < weights.step) {
        throw new RangeError(
          `Weights of step ${weights.step} cannot be kept: the journal of run ${runId} ends at step ${tail.lastStep}.`,
        );
      }
      const commit = (operations: readonly Operation[]) =>
        commitSnapshot(desk.store, manifest, operations);
      await writeRecord(desk, runId, patch, tail, [], commit);
    });
    return manifest;
  });
}

function saveModel(desk: Desk, record: ModelRecord, weights: Weights): Promise<Manifest> {
  const { store } = desk;
  return whileSaving(desk, [record.id], async () => {
    const stored = await loadModel(store, record.id).catch(() => undefined);
    if (stored?.manifest) return stored.manifest;
    const source = { ...weights, ownerId: record.id, createdAt: desk.now() };
    const manifest = await writeParts(store, source);
    const checked = parseModelRecord(record, record.id);
    const put: Operation = { type: "put", table: "models", key: record.id, value: { ...checked } };
    await desk.inOrder(() => commitSnapshot(store, manifest, [put]));
    return manifest;
  });
}

async function loadModel(store: Store, modelId: string): Promise<LoadedModel> {
  const record = parseModelRecord(await store.get("models", modelId), modelId);
  return { record, manifest: await newestSnapshot(store, modelId) };
}

async function copyFrom(
  desk: Desk,
  from: Store,
  runId: string,
  onCopied?: OnCopied,
): Promise<CopiedRun> {
  const { modelId } = parseRunRecord(await from.get("runs", runId), runId);
  return whileSaving(desk, [runId, modelId], () => {
    desk.tails.delete(runId);
    return copyRun(from, desk.store, runId, onCopied);
  });
}

async function deleteRun(desk: Desk, runId: string): Promise<number> {
  desk.tails.delete(runId);
  return removeRun(desk.store, runId, desk.takeAlone);
}

/** One save of weights at a time, and none that `collectGarbage` could sweep up half done. */
function whileSaving<T>(
  desk: Desk,
  owners: readonly string[],
  action: () => Promise<T>,
): Promise<T> {
  return desk.savesInOrder(async () => {
    for (const owner of owners) desk.saving.add(owner);
    try {
      return await action();
    } finally {
      for (const owner of owners) desk.saving.delete(owner);
    }
  });
}

function putRecord(record: RunRecord): Operation {
  return { type: "put", table: "runs", key: record.id, value: { ...record } };
}
