import { ZerothError } from "#base/errors.ts";
import type { WeightDtype } from "#base/storage.ts";
import type { Checkpoint } from "#data/checkpoint.ts";
import type { ByteSource } from "#data/files.ts";
import { blobSource } from "#data/files.ts";
import { openCheckpoint } from "#data/openCheckpoint.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer.ts";
import type { Device } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { type LoadedWeights, makeRoomForWeights } from "#model/opt.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { type BaseWeights, baseWeightsOf } from "../baseWeights.ts";
import type { ModelReport, ModelSource, Progress } from "../protocol.ts";
import type { Manifest, ModelOrigin, ModelRecord } from "../records.ts";
import type { RunStore } from "../runStore.ts";
import { admitModel } from "./admission.ts";
import type { Environment } from "./environment.ts";

/** A model whose weights are on the GPU. */
export interface OpenModel {
  /** Its `id` is "" until the weights have been hashed. */
  record: ModelRecord;
  readonly config: OptConfig;
  readonly tokenizer: Tokenizer;
  /** Its weights as the file, or the store, has them. */
  readonly base: BaseWeights;
  /** Where its weights lie. */
  readonly device: Device;
  /** Replaced by `storeAs`. */
  loaded: LoadedWeights;
  /** The weights on the GPU are the base's, untouched by any run. */
  isBase: boolean;
  /** Puts the base weights back on the GPU. */
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
  places: Pick<Environment, "demo" | "hub">,
  onProgress: OnProgress,
): Promise<OpenModel> {
  const { name, files, origin } = await filesOf(source, places);
  const checkpoint = await openCheckpoint(files);
  const config = parseConfig(checkpoint.config);
  const tokenizer = loadTokenizer(checkpoint.tokenizerFiles);
  refuseForeignTokenizer(tokenizer, config);
  const tensors = matchTensors(parameterTable(config), checkpoint);
  const record = { ...describe(name, checkpoint), ...(origin ? { origin } : {}) };
  await admitModel(device, config, name, dtype);
  return load({ record, config, tokenizer }, tensors, dtype, device, onProgress);
}

async function load(
  facts: Pick<OpenModel, "record" | "config" | "tokenizer">,
  tensors: ReturnType<typeof matchTensors>,
  dtype: WeightDtype,
  device: Device,
  onProgress: OnProgress,
): Promise<OpenModel> {
  const total = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const model: OpenModel = {
    ...{ ...facts, device, isBase: true, base: baseWeightsOf(tensors) },
    loaded: makeRoomForWeights(device, facts.config, dtype),
    reload: async (report: OnProgress) => {
      await model.loaded.weights.load(tensors, (done) =>
        report({ label: "Reading the model", done, total, unit: "bytes" }),
      );
    },
    copyOn: (other, report) => load(facts, tensors, model.loaded.layout.dtype, other, report),
  };
  try {
    await model.reload(onProgress);
  } catch (error) {
    model.loaded.destroy();
    throw error;
  }
  return model;
}

/**
 * Makes room for the weights as this dtype, where they have another; what was on the GPU is gone, and
 * `reload` brings the base weights. Nothing may use the weights that were there.
 *
 * @throws ZerothError E-MEM-1 if the GPU has no room for them so
 */
export async function storeAs(model: OpenModel, dtype: WeightDtype): Promise<void> {
  const { device, config, loaded, record } = model;
  const before = loaded.layout.dtype;
  if (before === dtype) return;
  loaded.destroy();
  model.isBase = false;
  const isRefused = await admitModel(device, config, record.name, dtype).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  model.loaded = makeRoomForWeights(device, config, isRefused ? before : dtype);
  if (isRefused) throw isRefused.error;
}

/** A base model as it is stored, room made for its weights; `reload` or a snapshot fills them. */
export async function openStoredModel(
  device: Device,
  runs: RunStore,
  modelId: string,
  dtype: WeightDtype,
): Promise<OpenModel> {
  const { record, manifest } = await runs.loadModel(modelId);
  const config = parseConfig(record.config);
  const tokenizer = loadTokenizer(new Map(Object.entries(record.tokenizerFiles)));
  await admitModel(device, config, record.name, dtype);
  const base = storedBase(runs, record.name, manifest);
  const model: OpenModel = {
    ...{ record, config, tokenizer, device, base, isBase: false },
    loaded: makeRoomForWeights(device, config, dtype),
    reload: (report) =>
      model.loaded.weights.restore(counted(base.pieces(), base.sizeBytes, report), base.dtype),
    copyOn: async (other, report) => {
      const copy = await openStoredModel(other, runs, modelId, model.loaded.layout.dtype);
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
  { record, config, loaded }: OpenModel,
  gpuBytes: Readonly<Record<string, number>>,
): ModelReport {
  const parameters = parameterCount(loaded.layout.table);
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
    weightBytes: loaded.weights.sizeBytes,
    gpuBytes,
    sha256: record.id,
    ...(record.origin ? { origin: record.origin } : {}),
  };
}

interface ModelFiles {
  readonly name: string;
  readonly files: readonly ByteSource[];
  readonly origin?: ModelOrigin;
}

async function filesOf(
  source: ModelSource,
  { demo, hub }: Pick<Environment, "demo" | "hub">,
): Promise<ModelFiles> {
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

function describe(name: string, checkpoint: Checkpoint): ModelRecord {
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
