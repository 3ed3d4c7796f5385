import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import { taskDefinitions } from "#data/tasks/index.ts";
import type { TaskId, TaskSpec } from "#data/tasks/task.ts";
import { storedSettings } from "#zo/resolveSettings.ts";
import type {
  EvaluationRecord,
  Manifest,
  ModelRecord,
  RunPatch,
  RunRecord,
  RunStatus,
  TuningRecord,
} from "./records.ts";
import { rulesSchema } from "./rulesSchema.ts";
import { isStoredObject } from "./store.ts";

/**
 * What comes back from a store may be damaged, or written by another version of the program. These
 * functions let through what has the right shape and turn the rest into one clear sentence; fields
 * they do not know are kept.
 */
export function parseRunRecord(value: unknown, key: string): RunRecord {
  return parse(runRecord, `Run ${key}`, value);
}

/** @throws ZerothError E-STORE-3 */
export function parseModelRecord(value: unknown, key: string): ModelRecord {
  return parse(modelRecord, `Model ${key}`, value);
}

/** @throws ZerothError E-STORE-3 */
export function parseManifest(value: unknown, key: string): Manifest {
  return parse(manifest, `Snapshot ${key}`, value);
}

/** @throws ZerothError E-STORE-3 */
export function parseEvaluation(value: unknown, key: string): EvaluationRecord {
  return parse(evaluation, `Evaluation ${key}`, value);
}

/** @throws ZerothError E-STORE-3 */
export function parseTuning(value: unknown, key: string): TuningRecord {
  return parse(tuning, `Measurement ${key}`, value);
}

/**
 * The rows of one split.
 *
 * @throws ZerothError E-STORE-3
 */
export function parseRows(value: unknown, key: string): readonly Record<string, unknown>[] {
  return parse(rows, `The rows ${key}`, value).rows;
}

/**
 * A task as a file or a record holds it.
 *
 * @throws ZerothError E-STORE-3
 */
export function parseTask(value: unknown): TaskSpec {
  return parse(taskSchema, "The task", value);
}

/** `record` with the patch laid over it; a field set to undefined is taken away. */
export function patched(record: RunRecord, patch: RunPatch): RunRecord {
  const fields = Object.entries({ ...record, ...patch });
  const kept = fields.filter(([, value]) => value !== undefined);
  return parseRunRecord(Object.fromEntries(kept), record.id);
}

function parse<T>(schema: z.ZodType<T>, what: string, value: unknown): T {
  if (value === undefined) {
    throw new ZerothError(
      "E-STORE-3",
      `${what} is not in this storage. The browser may have removed it, or it was deleted.`,
    );
  }
  const { schemaVersion = 1 } = isStoredObject(value) ? value : {};
  if (typeof schemaVersion === "number" && schemaVersion !== 1) {
    throw new ZerothError(
      "E-STORE-3",
      `${what} was written by another version of Zeroth (format ${schemaVersion}; this one reads 1). Reload the page to get the newest version; nothing was changed.`,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue && issue.path.length > 0 ? `"${issue.path.join(".")}": ` : "";
  throw new ZerothError(
    "E-STORE-3",
    `${what} is damaged (${where}${issue?.message ?? "unknown"}).`,
    { cause: result.error },
  );
}

// A loss may be NaN, which z.number() refuses.
const anyNumber = z.custom<number>((value) => typeof value === "number", "expected a number");
const count = z.int().min(0);
const dtype = z.enum(["F32", "F16", "BF16"]);
const version = z.literal(1);

const statuses = {
  queued: true,
  calibrating: true,
  running: true,
  evaluating: true,
  saving: true,
  paused: true,
  finished: true,
  diverged: true,
  recovering: true,
  interrupted: true,
  failed: true,
} as const satisfies Record<RunStatus, true>;

const status = z.custom<RunStatus>(
  (value) => typeof value === "string" && Object.hasOwn(statuses, value),
  "expected the status of a run",
);

const evaluation: z.ZodType<EvaluationRecord> = z.looseObject({
  step: count,
  loss: anyNumber,
  accuracy: anyNumber,
  f1: anyNumber.exactOptional(),
  f1Interval: z.tuple([z.number(), z.number()]).exactOptional(),
  n: count,
  seconds: anyNumber,
  forwardPasses: anyNumber,
});

const taskText = {
  template: z.string(),
  labelColumn: z.string(),
  labels: z.array(z.string()),
  words: z.array(z.string()),
  bos: z.union([z.literal(0), z.literal(2)]).exactOptional(),
  maxLength: count,
};

const taskKind = z.enum(["classification", "multiple choice", "generation"]);

/** A task of one's own has no name; one that comes with the application has one it is known by. */
export const taskSchema: z.ZodType<TaskSpec> = z.union([
  z.looseObject({
    ...taskText,
    kind: taskKind,
    columns: z.record(z.string(), z.string()).exactOptional(),
    task: z.custom<TaskId>((value) => taskDefinitions.some(({ id }) => id === value)),
  }),
  z.looseObject({
    ...taskText,
    kind: taskKind,
    optionColumns: z.array(z.string()).exactOptional(),
    head: z.literal(true).exactOptional(),
  }),
]);

const runRecord: z.ZodType<RunRecord> = z.looseObject({
  schemaVersion: version,
  id: z.string(),
  name: z.string(),
  note: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  status,
  failure: z.looseObject({ code: z.string(), message: z.string() }).exactOptional(),
  modelId: z.string(),
  modelName: z.string(),
  settings: storedSettings,
  task: taskSchema,
  data: z.looseObject({
    trainName: z.string(),
    trainRows: count,
    devName: z.string(),
    devRows: count,
    testName: z.string().exactOptional(),
    testRows: count.exactOptional(),
    rules: rulesSchema.exactOptional(),
    dataset: z.string().exactOptional(),
    datasetConfig: z.string().exactOptional(),
    datasetRevision: z.string().exactOptional(),
  }),
  step: count,
  tokens: anyNumber,
  seconds: anyNumber,
  kernels: z.record(z.string(), z.string()),
  adapter: z.string(),
  thresholds: z.array(z.number()).exactOptional(),
  weightsSha256: z.string().exactOptional(),
  isFromBundle: z.boolean().exactOptional(),
  lastEvaluation: evaluation.exactOptional(),
  zeroShot: evaluation.exactOptional(),
  testEvaluation: evaluation.exactOptional(),
  best: evaluation.exactOptional(),
  divergence: z.looseObject({ step: count, startLoss: anyNumber, loss: anyNumber }).exactOptional(),
  majority: z
    .looseObject({
      label: z.string(),
      share: z.number(),
      trainLabel: z.string(),
      trainShare: z.number(),
    })
    .exactOptional(),
});

const texts = z.record(z.string(), z.string());

const tuning: z.ZodType<TuningRecord> = z.looseObject({
  schemaVersion: version,
  adapter: z.string(),
  measuredAt: z.string(),
  milliseconds: z.number(),
  widths: z.string(),
  kernels: texts,
  gflops: z.record(z.string(), z.number()),
  refused: z.array(z.string()),
});

const modelRecord: z.ZodType<ModelRecord> = z.looseObject({
  schemaVersion: version,
  id: z.string(),
  name: z.string(),
  format: z.enum(["safetensors", "pytorch"]),
  storedDtype: z.string(),
  config: z.record(z.string(), z.unknown()),
  tokenizerFiles: texts,
  otherFiles: texts,
  origin: z
    .looseObject({
      repo: z.string(),
      commit: z.string(),
      licence: z.string(),
      address: z.string(),
    })
    .exactOptional(),
});

const manifest: z.ZodType<Manifest> = z.looseObject({
  schemaVersion: version,
  snapshotId: z.string(),
  ownerId: z.string(),
  step: count,
  dtype,
  sizeBytes: count,
  createdAt: z.string(),
  parts: z.array(z.looseObject({ sizeBytes: count, sha256: z.string() })),
});

const rows = z.looseObject({
  schemaVersion: version,
  rows: z.array(z.record(z.string(), z.unknown())),
});
