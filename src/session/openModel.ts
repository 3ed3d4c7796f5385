import type { WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import type { ByteSource } from "#data/formats/byteSource.ts";
import { blobSource } from "#data/formats/byteSource.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import { directParser } from "#data/parser/parser.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Device } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { type HeadStart, initHead, ownHead, withHead } from "#model/head.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { allocateWeights, type Weights } from "#model/weights.ts";
import { type BaseWeights, baseWeightsOf } from "#run/store/baseWeights.ts";
import type { Manifest, ModelOrigin, ModelRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { admitModel } from "./admission.ts";
import type { Environment } from "./environment.ts";
import type { ModelReport, ModelSource, Progress } from "./protocol.ts";

/** A model whose weights are on the GPU. */
export interface OpenModel {
  /** Its `id` is "" until the weights have been hashed. */
  record: ModelRecord;
  /** The checkpoint's own. */
  readonly own: OptConfig;
  /** What lies on the GPU: with the score head of the run at hand, or none. Replaced by `storeAs`. */
  config: OptConfig;
  /** How that head begins, where the checkpoint brings none. Replaced by `storeAs`. */
  head: HeadStart | null;
  readonly tokenizer: Tokenizer;
  /** What was done to its files so that they can be used, in sentences to show. */
  readonly notes: readonly string[];
  /** Its weights as the file, or the store, has them. */
  readonly base: BaseWeights;
  /** Where its weights lie. */
  readonly device: Device;
  /** Replaced by `storeAs`. */
  weights: Weights;
  /** The weights on the GPU are the base's, untouched by any run. */
  isBase: boolean;
  /** Puts the base weights back on the GPU, a new head as it begins. */
  reload(onProgress: (progress: Progress) => void): Promise<void>;
  /** The same model on another device, with the base weights. */
  copyOn(device: Device, onProgress: (progress: Progress) => void): Promise<OpenModel>;
}

type OnProgress = (progress: Progress) => void;

/**
 * A checkpoint from files or the bundle, read and put on the GPU.
 *
 * @throws ZerothError E-FILE-*; E-MEM-1 before any weight is read, if the GPU has no room
 */
export async function openModel(
  device: Device,
  source: ModelSource,
  dtype: WeightDtype,
  places: Pick<Environment, "demo" | "hub" | "parser">,
  onProgress: OnProgress,
): Promise<OpenModel> {
  const { name, files, origin } = await filesOf(source, places);
  // The bundled model is as trusted as the program.
  const parser = source.kind === "demo" ? directParser : places.parser;
  const checkpoint = await parser.openModelFiles(files);
  const own = parseConfig(checkpoint.config);
  const tokenizer = loadTokenizer(checkpoint.tokenizerFiles);
  refuseForeignTokenizer(tokenizer, own);
  const tensors = matchTensors(parameterTable(own), checkpoint);
  const record = { ...describe(name, checkpoint), ...(origin ? { origin } : {}) };
  await admitModel(device, own, name, dtype);
  const { notes } = checkpoint;
  const facts = { record, own, tokenizer, notes, head: ownHead(own) };
  return load(facts, tensors, dtype, device, onProgress);
}

async function load(
  facts: Pick<OpenModel, "record" | "own" | "tokenizer" | "notes" | "head">,
  tensors: ReturnType<typeof matchTensors>,
  dtype: WeightDtype,
  device: Device,
  onProgress: OnProgress,
): Promise<OpenModel> {
  const config = withHead(facts.own, facts.head);
  const model: OpenModel = {
    ...facts,
    config,
    device,
    isBase: true,
    base: baseWeightsOf(tensors),
    weights: allocateWeights(device, config, dtype),
    reload: async (report: OnProgress) => {
      const { weights } = model;
      // A head that is not asked for is the last tensor.
      const wanted = tensors.slice(0, weights.layout.table.length);
      const total = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      await weights.load(wanted, (done) =>
        report({ label: "Reading the model", done, total, unit: "bytes" }),
      );
      begin(model);
    },
    copyOn: (other, report) => {
      const { head, weights } = model;
      return load({ ...facts, head }, tensors, weights.layout.dtype, other, report);
    },
  };
  try {
    await model.reload(onProgress);
  } catch (error) {
    model.weights.destroy();
    throw error;
  }
  return model;
}

/** Begins the head on the GPU, where the checkpoint brings none. */
function begin({ weights, own, head }: OpenModel): void {
  initHead(weights, own, head?.seed ?? 0);
}

/**
 * Makes room for the weights as this dtype and with this score head, or none, where they are otherwise;
 * what was on the GPU is gone, and `reload` brings the base weights. Nothing may use the weights that
 * were there.
 *
 * @throws ZerothError E-TASK-3 if the checkpoint has a head for another number of labels, E-MEM-1 if the
 *   GPU has no room for them so
 */
export async function storeAs(
  model: OpenModel,
  dtype: WeightDtype,
  head: HeadStart | null,
): Promise<void> {
  const { device, own, weights, record } = model;
  const [before, after] = [model.config, withHead(own, head)];
  const isBegunAlike = own.numLabels !== null || head?.seed === model.head?.seed;
  if (!isBegunAlike) model.isBase = false;
  model.head = head;
  if (weights.layout.dtype === dtype && before.numLabels === after.numLabels) return;
  weights.destroy();
  model.isBase = false;
  const isRefused = await admitModel(device, after, record.name, dtype).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  model.config = isRefused ? before : after;
  model.weights = allocateWeights(device, model.config, isRefused ? weights.layout.dtype : dtype);
  if (isRefused) throw isRefused.error;
}

/** Puts stored weights on the GPU: a snapshot's, or the base's with a new head as it begins. */
export async function restoreFrom(
  model: OpenModel,
  { ownerId, sizeBytes, dtype }: Manifest,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  report: OnProgress,
): Promise<void> {
  await model.weights.restore(counted(pieces, sizeBytes, report), dtype);
  if (ownerId === model.record.id) begin(model);
}

/** A base model as it is stored, room made for its weights; `reload` or a snapshot fills them. */
export async function openStoredModel(
  device: Device,
  runs: RunStore,
  modelId: string,
  dtype: WeightDtype,
  head: HeadStart | null,
): Promise<OpenModel> {
  const { record, manifest } = await runs.loadModel(modelId);
  const own = parseConfig(record.config);
  const config = withHead(own, head);
  const tokenizer = loadTokenizer(new Map(Object.entries(record.tokenizerFiles)));
  await admitModel(device, config, record.name, dtype);
  const base = storedBase(runs, record.name, manifest);
  const model: OpenModel = {
    record,
    own,
    config,
    head,
    tokenizer,
    notes: [],
    device,
    base,
    isBase: false,
    weights: allocateWeights(device, config, dtype),
    reload: async (report) => {
      const pieces = counted(base.pieces(), base.sizeBytes, report);
      await model.weights.restore(pieces, base.dtype);
      begin(model);
    },
    copyOn: async (other, report) => {
      const { weights } = model;
      const copy = await openStoredModel(other, runs, modelId, weights.layout.dtype, model.head);
      await copy.reload(report);
      copy.isBase = true;
      return copy;
    },
  };
  return model;
}

function storedBase(runs: RunStore, name: string, manifest: Manifest | undefined): BaseWeights {
  async function* pieces() {
    if (!manifest) {
      throw new ZerothError(
        "E-STORE-3",
        `The base weights of "${name}" are no longer in this storage. Open the model's files again.`,
      );
    }
    yield* runs.readWeights(manifest);
  }
  return { dtype: manifest?.dtype ?? "F32", sizeBytes: manifest?.sizeBytes ?? 0, pieces };
}

/** Pieces, told of as they pass. */
export async function* counted(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  total: number,
  report: OnProgress,
  label = "Reading stored weights",
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let done = 0;
  for await (const piece of pieces) {
    yield piece;
    done += piece.length;
    report({ label, done, total, unit: "bytes" });
  }
}

export function reportModel(
  { record, config, weights, notes }: OpenModel,
  gpuBytes: Readonly<Record<string, number>>,
): ModelReport {
  const parameters = parameterCount(weights.layout.table);
  return {
    name: record.name,
    format: record.format,
    storedDtype: record.storedDtype,
    parameterCount: parameters,
    numHiddenLayers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    numAttentionHeads: config.numAttentionHeads,
    vocabSize: config.vocabSize,
    maxPositionEmbeddings: config.maxPositionEmbeddings,
    weightBytes: weights.sizeBytes,
    gpuBytes,
    sha256: record.id,
    ...(record.origin ? { origin: record.origin } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

interface SourceFiles {
  readonly name: string;
  readonly files: readonly ByteSource[];
  readonly origin?: ModelOrigin;
}

async function filesOf(
  source: ModelSource,
  { demo, hub }: Pick<Environment, "demo" | "hub">,
): Promise<SourceFiles> {
  if (source.kind === "demo") {
    const { name, files } = await demo.describe();
    return { name, files: await demo.files(files) };
  }
  if (source.kind === "cached") {
    const { entry, files } = await hub.open(source.folder);
    const { repo, commit, licence, address } = entry;
    return { name: repo, files, origin: { repo, commit, licence, address } };
  }
  const files = source.files.map(({ path, file }) => blobSource(path, file));
  const folder = source.files[0]?.path.split("/").slice(0, -1).pop();
  return { name: folder || "Own model", files };
}

function describe(name: string, checkpoint: ModelFiles): ModelRecord {
  return {
    schemaVersion: 1,
    id: "",
    name,
    format: checkpoint.format,
    storedDtype: checkpoint.tensors.values().next().value?.dtype ?? "F32",
    config: checkpoint.config,
    tokenizerFiles: Object.fromEntries(checkpoint.tokenizerFiles),
    otherFiles: Object.fromEntries(checkpoint.otherFiles),
  };
}

/** Ids beyond the embedding would read another token's row: such a pair is meaningless. */
function refuseForeignTokenizer({ vocabSize }: Tokenizer, config: OptConfig): void {
  if (vocabSize <= config.vocabSize) return;
  throw new ZerothError(
    "E-FILE-7",
    `The tokenizer has ${vocabSize} entries, the model only ${config.vocabSize} rows: they do not ` +
      `belong together. Choose the tokenizer files that came with this model.`,
  );
}
